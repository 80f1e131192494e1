//! Log, metrics and health of the marketplace. Metrics and health answer on an address of their own that is not public.

use crate::app::App;
use crate::config::LogConfig;
use crate::usecases::Error;
use actix_web::{App as ActixApp, HttpResponse, HttpServer, dev::Server, web};
use domain::policy::Scope;
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Sends the log to standard error, as JSON lines or as text.
pub fn start_log(config: &LogConfig) -> anyhow::Result<()> {
    let registry = tracing_subscriber::registry().with(EnvFilter::try_new(&config.filter)?);
    if config.json {
        registry.with(tracing_subscriber::fmt::layer().json().with_writer(std::io::stderr)).try_init()?;
    } else {
        registry.with(tracing_subscriber::fmt::layer().with_writer(std::io::stderr)).try_init()?;
    }
    Ok(())
}

/// Answers `/healthz` (the process lives), `/readyz` (it can work) and `/metrics`.
pub fn serve_health(app: App) -> anyhow::Result<Server> {
    let listen = app.config.http.metrics_listen;
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(web::Data::new(app.clone()))
            .app_data(web::Data::new(metrics.clone()))
            .route("/healthz", web::get().to(async || HttpResponse::Ok().body("ok\n")))
            .route("/readyz", web::get().to(ready))
            .route("/metrics", web::get().to(show_metrics))
    });
    Ok(server.workers(1).disable_signals().bind(listen)?.run())
}

async fn ready(app: web::Data<App>) -> HttpResponse {
    let scope = Scope::system("readiness asks whether the database answers");
    let answered = app.db.read(&scope, async |_: &mut db::Conn| Ok::<_, Error>(())).await;
    match answered {
        Ok(()) => HttpResponse::Ok().body("ready\n"),
        Err(_) => HttpResponse::ServiceUnavailable().body("database does not answer\n"),
    }
}

async fn show_metrics(metrics: web::Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; version=0.0.4").body(metrics.render())
}
