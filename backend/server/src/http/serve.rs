//! The server itself: middleware around the routes, limits, clean end.

use super::{forms, headers, problem, recognise, routes};
use crate::app::App;
use actix_web::middleware::{Compress, from_fn};
use actix_web::{App as ActixApp, HttpServer, dev::Server, web};
use std::net::TcpListener;
use std::time::Duration;
use tracing_actix_web::TracingLogger;

/// Largest JSON body of the API in bytes; the agent API has its own limit.
const JSON_BYTES_MAX: usize = 256 * 1024;

/// Starts answering on a listener. Ends by the handle of the server, within `shutdown_timeout` seconds.
pub fn serve(app: App, listener: TcpListener) -> std::io::Result<Server> {
    super::agent::operator::install_crypto();
    let threads = app.config.http.threads;
    let app = web::Data::new(app);
    let server = HttpServer::new(move || {
        ActixApp::new()
            .app_data(app.clone())
            .app_data(web::JsonConfig::default().limit(JSON_BYTES_MAX))
            .app_data(web::PayloadConfig::new(contract::protocol::MAX_BODY_BYTES.max(forms::FORM_BYTES_MAX)))
            .configure(routes::configure)
            .wrap(from_fn(recognise::recognise))
            .wrap(from_fn(problem::explain))
            .wrap(from_fn(headers::protect))
            .wrap(Compress::default())
            .wrap(TracingLogger::default())
    });
    Ok(server
        .workers(threads)
        .shutdown_timeout(10)
        .client_request_timeout(Duration::from_secs(10))
        .disable_signals()
        .listen(listener)?
        .run())
}
