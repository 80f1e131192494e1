//! The template engine: loads `web/`, formats by language, renders one page from one view.
//!
//! Owns: one Tera instance per language, the functions and filters that templates may call, the list of asset digests.
//! Does not own: what a page shows (`views`), wording (`web/locales`), status codes and headers.
//!
//! Functions: `t(key=…, …)` a text (missing key: error), `say(text=…, prefix=…)` a [`Text`] with its wording,
//! `asset(path=…)` the address of a file in `web/assets`, `error_for(errors=…, field=…)` the refusal of one input.
//! Filters: `eur`, `number`, `quantity`, `bytes`, `date`, `time`, `datetime`, `exact`, `month`, `share`.

pub mod format;
mod functions;
pub mod texts;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use sha2::{Digest, Sha256};
use tera::{Context, Tera};

use super::views::form::{FieldError, Form};
use super::views::page::{Lang, Page};
use super::views::schema_form::FieldProblem;
use super::views::text::Text;
use texts::Texts;

/// Why `web/` could not be loaded or a page not be rendered. Both are faults of the program, never of the person.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    #[error("cannot read {path}")]
    Read { path: PathBuf, source: std::io::Error },
    #[error("cannot load the locales: {0}")]
    Locales(String),
    #[error("cannot load the templates")]
    Parse(#[source] tera::Error),
    #[error("cannot render {template}")]
    Render { template: String, source: tera::Error },
    #[error("time zone Europe/Berlin is missing on this machine")]
    TimeZone(#[source] jiff::Error),
}

/// Ready to render, cheap to clone.
#[derive(Clone)]
pub struct Templates {
    german: Arc<Tera>,
    english: Arc<Tera>,
    texts: Arc<Texts>,
}

impl Templates {
    /// Loads `<web>/templates`, `<web>/locales` and the digests of `<web>/assets`.
    pub fn load(web: &Path) -> Result<Self, TemplateError> {
        let texts = Arc::new(Texts::load(&web.join("locales"))?);
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").map_err(TemplateError::TimeZone)?;
        let assets = Arc::new(digests(&web.join("assets"))?);
        let sources = read_all(&web.join("templates"), "html")?;
        let build = |lang: Lang| {
            let mut tera = Tera::default();
            functions::register(&mut tera, lang, &texts, &zone, &assets);
            tera.add_raw_templates(sources.clone()).map_err(TemplateError::Parse)?;
            Ok::<_, TemplateError>(Arc::new(tera))
        };
        Ok(Self { german: build(Lang::De)?, english: build(Lang::En)?, texts })
    }

    /// Renders `template` (for example `orders/order.html`) from one view. Pages without a form pass `Form::default()`.
    pub fn render<V: Serialize>(
        &self,
        template: &str,
        page: &Page,
        view: &V,
        form: &Form,
    ) -> Result<String, TemplateError> {
        let failed = |source| TemplateError::Render { template: template.to_owned(), source };
        let mut context = Context::from_serialize(form).map_err(failed)?;
        context.insert("page", page);
        context.insert("view", view);
        self.engine(page.lang).render(template, &context).map_err(failed)
    }

    /// The wording of `<prefix>-<code>`; none when the locales do not know it.
    #[must_use]
    pub fn say(&self, lang: Lang, prefix: &str, text: &Text) -> Option<String> {
        // Codes of actions have dots (`order.place`), which Fluent keeps for attributes.
        self.texts.find(lang, &format!("{prefix}-{}", text.code.replace('.', "-")), &text.args)
    }

    /// Words for the problems of a generated form. `prefix` is where the form's object sits in the body of the API,
    /// for example `/parameters`.
    #[must_use]
    pub fn field_errors(&self, lang: Lang, prefix: &str, problems: &[FieldProblem]) -> Vec<FieldError> {
        let said = |problem: &FieldProblem| FieldError {
            field: problem.name.clone(),
            pointer: format!("{prefix}{}", problem.pointer),
            code: problem.text.code.clone(),
            message: self.say(lang, "field", &problem.text).unwrap_or_else(|| problem.text.code.clone()),
        };
        problems.iter().map(said).collect()
    }

    /// Names of all templates, for the test that renders every one of them.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = self.german.get_template_names().map(str::to_owned).collect();
        names.sort();
        names
    }

    fn engine(&self, lang: Lang) -> &Tera {
        match lang {
            Lang::De => &self.german,
            Lang::En => &self.english,
        }
    }
}

/// All files below `dir` that end in `.extension`, by their path with slashes.
fn read_all(dir: &Path, extension: &str) -> Result<Vec<(String, String)>, TemplateError> {
    let mut found = Vec::new();
    for path in walk(dir)? {
        if path.extension().is_some_and(|ending| ending == extension) {
            let text = std::fs::read_to_string(&path).map_err(|source| read_error(&path, source))?;
            found.push((relative(dir, &path), text));
        }
    }
    Ok(found)
}

/// First characters of the SHA-256 of every asset, so that browsers may keep a file until it changes.
fn digests(dir: &Path) -> Result<BTreeMap<String, String>, TemplateError> {
    let mut found = BTreeMap::new();
    for path in walk(dir)? {
        let bytes = std::fs::read(&path).map_err(|source| read_error(&path, source))?;
        let digest: String =
            Sha256::digest(&bytes).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        found.insert(relative(dir, &path), digest);
    }
    Ok(found)
}

fn walk(dir: &Path) -> Result<Vec<PathBuf>, TemplateError> {
    let mut files = Vec::new();
    let mut open = vec![dir.to_path_buf()];
    while let Some(here) = open.pop() {
        for entry in std::fs::read_dir(&here).map_err(|source| read_error(&here, source))? {
            let path = entry.map_err(|source| read_error(&here, source))?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn relative(dir: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(dir).unwrap_or(path);
    parts.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read_error(path: &Path, source: std::io::Error) -> TemplateError {
    TemplateError::Read { path: path.to_path_buf(), source }
}

#[cfg(test)]
#[path = "templates_test.rs"]
mod templates_test;
