//! `wolkenamt`: one executable, one subcommand per role.

use anyhow::Context;
use clap::{Parser, Subcommand};
use server::app::App;
use server::config::{self, Config};
use server::ports::clock::Clock;
use server::usecases::admin;
use server::{http, telemetry, usecases, worker};
use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::watch;

#[derive(Parser)]
#[command(name = "wolkenamt", version, about = "Cloud marketplace of the public administration")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Answer people, API and operators, and do the work that nobody waits for.
    Serve,
    /// Bring the database to the state of this program.
    Migrate,
    /// Load the demonstration data (invented) through the same use-cases as everything else.
    Demo {
        /// Order the one booking that runs, once. Its location needs an operator that has reported.
        #[arg(long)]
        running: bool,
    },
    /// Check the hash chains of the audit.
    Audit {
        #[command(subcommand)]
        command: Audit,
    },
    /// Say that the marketplace's database was restored from a backup; before `serve` is started again.
    Restored {
        /// Do it; without this switch it is only told what would happen.
        #[arg(long)]
        confirm: bool,
    },
    /// Recompute invoices from what is stored.
    Invoice {
        #[command(subcommand)]
        command: Invoice,
    },
    /// What the administrator of the machine does in the name of a person, for scripts.
    Admin {
        #[command(subcommand)]
        command: Admin,
    },
    /// List every setting with its default.
    PrintConfig,
}

#[derive(Subcommand)]
enum Admin {
    /// Make an access token for a person and print it once.
    Token {
        /// Mail address of the person.
        email: String,
    },
    /// List the demo sign-ins: address, password, organisation and roles, separated by tabs.
    Accounts,
    /// Make the one-time code of a location and print it once.
    EnrolmentCode {
        /// Mail address of a person who runs the provider's platform.
        email: String,
        /// Code of the location.
        location: String,
    },
}

#[derive(Subcommand)]
enum Invoice {
    /// Check every usage record against its hash, and every invoice byte for byte.
    Verify,
}

#[derive(Subcommand)]
enum Audit {
    /// Walk every chain from its beginning.
    Verify,
}

fn main() -> anyhow::Result<()> {
    match Arguments::parse().command {
        Command::PrintConfig => print_config(),
        Command::Migrate => migrate(),
        Command::Serve => actix_web::rt::System::new().block_on(serve()),
        Command::Demo { running } => actix_web::rt::System::new().block_on(demo(running)),
        Command::Admin { command } => actix_web::rt::System::new().block_on(admin(command)),
        Command::Restored { confirm } => actix_web::rt::System::new().block_on(restored(confirm)),
        Command::Audit { command: Audit::Verify } => actix_web::rt::System::new().block_on(verify()),
        Command::Invoice { command: Invoice::Verify } => {
            actix_web::rt::System::new().block_on(verify_invoices())
        }
    }
}

fn app() -> anyhow::Result<App> {
    let config = Config::from_env()?;
    telemetry::start_log(&config.log)?;
    App::new(config, Clock::default())
}

async fn demo(running: bool) -> anyhow::Result<()> {
    let app = app()?;
    if running { server::demo::order_running(&app).await } else { server::demo::load(&app).await }
}

async fn serve() -> anyhow::Result<()> {
    let app = app()?;
    let listen = app.config.http.listen;
    let listener = TcpListener::bind(listen).with_context(|| format!("WOLKENAMT_LISTEN {listen}"))?;
    let health = telemetry::serve_health(app.clone()).context("WOLKENAMT_METRICS_LISTEN")?;
    let server = http::serve::serve(app.clone(), listener)?;
    tracing::info!(%listen, version = env!("CARGO_PKG_VERSION"), "marketplace answers");
    let (stop, stopped) = watch::channel(false);
    let ending = Arc::clone(&app.ending);
    let work = actix_web::rt::spawn(worker::run(app, stopped));
    let (handle, health_handle) = (server.handle(), health.handle());
    actix_web::rt::spawn(async move {
        wait_for_signal().await;
        tracing::info!("ending: no new requests, open ones are finished");
        ending.store(true, Ordering::Relaxed);
        handle.stop(true).await;
        health_handle.stop(true).await;
        stop.send_replace(true);
    });
    let health = actix_web::rt::spawn(health);
    server.await?;
    work.await?;
    health.await??;
    tracing::info!("ended");
    Ok(())
}

async fn wait_for_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
        }
        _ => std::future::pending().await,
    }
}

#[expect(clippy::print_stdout, reason = "a command for people")]
fn migrate() -> anyhow::Result<()> {
    let url = config::owner_url()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let migrated = runtime.block_on(db::migrate::run(&url, config::database_ca().as_deref()));
    for version in migrated.context("WOLKENAMT_OWNER_DATABASE_URL or WOLKENAMT_DATABASE_CA")? {
        println!("applied {version}");
    }
    println!("database is current");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command for people and scripts")]
async fn admin(command: Admin) -> anyhow::Result<()> {
    if let Admin::Accounts = command {
        for account in server::demo::accounts() {
            println!(
                "{}\t{}\t{}\t{}",
                account.email,
                account.password,
                account.organisation,
                account.roles.join(" ")
            );
        }
        return Ok(());
    }
    let app = app()?;
    match command {
        Admin::Accounts => {}
        Admin::Token { email } => println!("{}", admin::token(&app, &email).await?),
        Admin::EnrolmentCode { email, location } => {
            println!("{}", admin::enrolment_code(&app, &email, &location).await?)
        }
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command for people")]
async fn restored(confirm: bool) -> anyhow::Result<()> {
    let app = app()?;
    if !confirm {
        for (location, epoch) in usecases::restored::epochs(&app).await? {
            println!("location {location} would go from epoch {epoch} to {}", epoch + 1);
        }
        println!(
            "Every operator will refuse the former epoch, compare the full list with what it holds before it obeys it,\n\
             send again the usage that this database does not have, and report what does not fit. Nothing is torn down or\n\
             provisioned because of it; people decide on the page /differences. Repeat with --confirm to do it."
        );
        return Ok(());
    }
    for (location, epoch) in usecases::restored::restored(&app).await? {
        println!("location {location} is at epoch {epoch}");
    }
    println!("said so in the audit of every provider");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command for people")]
async fn verify() -> anyhow::Result<()> {
    let report = usecases::audit::verify_all(&app()?).await?;
    for chain in &report {
        match &chain.broken {
            None => println!("{} {} entries, intact", chain.organisation, chain.entries),
            Some(broken) => println!("{} {} entries, BROKEN: {broken:?}", chain.organisation, chain.entries),
        }
    }
    anyhow::ensure!(report.iter().all(|chain| chain.broken.is_none()), "the audit was tampered with");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command for people")]
async fn verify_invoices() -> anyhow::Result<()> {
    let report = usecases::invoices::verify::verify_all(&app()?).await?;
    for (booking, meter, from) in &report.changed_records {
        println!("usage record of booking {booking}, meter {meter}, from {from}: CHANGED");
    }
    for invoice in &report.invoices {
        let faults: Vec<String> = invoice.faults.iter().map(ToString::to_string).collect();
        match faults.is_empty() {
            true => println!("{} recomputed byte for byte", invoice.number),
            false => println!("{} DIFFERS: {}", invoice.number, faults.join("; ")),
        }
    }
    println!("{} usage records and {} invoices checked", report.records, report.invoices.len());
    anyhow::ensure!(report.intact(), "usage or invoices were tampered with");
    Ok(())
}

#[expect(clippy::print_stdout, reason = "a command for people")]
fn print_config() -> anyhow::Result<()> {
    for (name, default, meaning) in config::SETTINGS {
        println!("{name}={default}  # {meaning}");
    }
    Ok(())
}
