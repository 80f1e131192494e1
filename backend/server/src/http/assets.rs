//! Styles, fonts and scripts from `web/assets`. Addresses carry a digest of the content, so browsers may keep them.

use crate::app::App;
use actix_files::NamedFile;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use std::path::{Component, Path};

/// Answers with one file; never leaves the folder.
pub async fn show(request: HttpRequest, app: web::Data<App>, path: web::Path<String>) -> HttpResponse {
    let path = Path::new(path.as_str());
    if path.components().any(|part| !matches!(part, Component::Normal(_))) {
        return HttpResponse::NotFound().finish();
    }
    let Ok(file) = NamedFile::open(app.config.http.web.join("assets").join(path)) else {
        return HttpResponse::NotFound().finish();
    };
    let mut response = file.into_response(&request);
    let keep =
        if request.query_string().is_empty() { "no-cache" } else { "public, max-age=31536000, immutable" };
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(keep));
    response
}
