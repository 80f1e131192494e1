//! Mails leave through a real SMTP server (aiosmtpd), come late when it is down, and never twice.

use domain::policy::Scope;
use jiff::SignedDuration;
use server::usecases::notify::{Recipient, mail};
use server::worker::deliver;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tests::TestApp;

/// The server; what it received is on its standard output. It ends with the test.
struct Smtp(Child);

impl Smtp {
    fn start(port: u16) -> Self {
        let listen = format!("127.0.0.1:{port}");
        let child = Command::new("/usr/bin/python3")
            .args([
                "-u",
                "-m",
                "aiosmtpd",
                "-n",
                "-c",
                "aiosmtpd.handlers.Debugging",
                "stdout",
                "-l",
                &listen,
            ])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the Debian package python3-aiosmtpd; make setup");
        let began = Instant::now();
        while TcpStream::connect(&listen).is_err() {
            assert!(began.elapsed() < Duration::from_secs(20), "the SMTP server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Self(child)
    }

    /// Ends it and returns everything that it received.
    fn received(mut self) -> String {
        self.0.kill().unwrap();
        let output = BufReader::new(self.0.stdout.take().unwrap());
        let text = output.lines().map_while(Result::ok).collect::<Vec<_>>().join("\n");
        self.0.wait().unwrap();
        text
    }
}

async fn write_mail(app: &TestApp) {
    let jana = app.actor("jana@mittelfeld.example").await;
    let to = Recipient {
        organisation: jana.organisation,
        email: "jana@mittelfeld.example".into(),
        language: "de".into(),
    };
    let now = app.app.clock.now();
    let scope = Scope::system("tests write a mail");
    let text = server::http::views::text::Text::new("gibt es nicht\r\nBcc: fremd@example.org");
    let written = app.app.db.touch(&scope, "test", async |conn: &mut db::Conn| {
        mail(conn, &app.app, &to, text, "/orders", now).await
    });
    written.await.unwrap();
}

#[actix_web::test]
async fn a_mail_waits_for_its_server_and_arrives_once() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let start = tests::app::START.parse().unwrap();
    let app = TestApp::start_at(start, &format!("smtp://127.0.0.1:{port}")).await;
    write_mail(&app).await;
    assert_eq!(deliver::pass(&app.app).await.unwrap(), 1, "tried while the server is down");
    assert_eq!(deliver::pass(&app.app).await.unwrap(), 0, "not again at once");

    let smtp = Smtp::start(port);
    app.app.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(deliver::pass(&app.app).await.unwrap(), 1);
    app.app.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(deliver::pass(&app.app).await.unwrap(), 0, "never twice");
    let received = smtp.received();
    assert_eq!(received.matches("MESSAGE FOLLOWS").count(), 1, "{received}");
    assert!(received.contains("To: jana@mittelfeld.example"), "{received}");
    assert!(received.to_lowercase().contains("message-id: <"), "{received}");
    let headers = received.split("\n\n").next().unwrap_or_default();
    assert!(!headers.lines().any(|line| line.starts_with("Bcc:")), "a line break makes no header: {headers}");
}
