//! Wording by key and language, from Fluent files in `web/locales/<lang>`.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use fluent_templates::fluent_bundle::FluentValue;
use fluent_templates::{ArcLoader, LanguageIdentifier};

use super::TemplateError;
use super::format;
use crate::http::views::page::Lang;

pub struct Texts {
    loader: ArcLoader,
    german: LanguageIdentifier,
    english: LanguageIdentifier,
    zone: jiff::tz::TimeZone,
}

impl Texts {
    pub(super) fn load(locales: &Path) -> Result<Self, TemplateError> {
        let language = |lang: Lang| {
            let parsed: Result<LanguageIdentifier, _> = lang.code().parse();
            parsed.map_err(|error| TemplateError::Locales(format!("{}: {error:?}", lang.code())))
        };
        let (german, english) = (language(Lang::De)?, language(Lang::En)?);
        let loader = ArcLoader::builder(locales, german.clone())
            .customize(|bundle| bundle.set_use_isolating(false))
            .build()
            .map_err(|error| TemplateError::Locales(error.to_string()))?;
        let zone = jiff::tz::TimeZone::get("Europe/Berlin").map_err(TemplateError::TimeZone)?;
        Ok(Self { loader, german, english, zone })
    }

    /// The wording of `key`, or of its attribute (`key.attribute`); none when the language does not have it. There is no
    /// fallback to the other language, so that a missing translation shows up in the tests.
    #[must_use]
    pub fn find(&self, lang: Lang, key: &str, args: &BTreeMap<String, String>) -> Option<String> {
        let written: HashMap<Cow<'static, str>, FluentValue<'static>> = args
            .iter()
            .map(|(name, value)| (Cow::Owned(name.replace('_', "-")), self.argument(lang, name, value)))
            .collect();
        let language = match lang {
            Lang::De => &self.german,
            Lang::En => &self.english,
        };
        self.loader.lookup_single_language(language, key, Some(&written)).ok()
    }

    /// The ending of the name says how the value is written; see [`crate::http::views::text::Text`].
    fn argument(&self, lang: Lang, name: &str, value: &str) -> FluentValue<'static> {
        let written = match name.rsplit('_').next() {
            Some("date" | "today") => format::date(lang, value, &self.zone),
            Some("at") => format::datetime(lang, value, &self.zone),
            Some("exact") => format::exact(lang, value, &self.zone),
            Some("eur") => format::eur(lang, value),
            Some("number") => format::number(lang, value),
            // A count chooses between singular and plural, so it must reach Fluent as a number.
            Some("count") => {
                return value.parse::<i64>().map_or_else(|_| value.to_owned().into(), FluentValue::from);
            }
            _ => None,
        };
        FluentValue::from(written.unwrap_or_else(|| value.to_owned()))
    }
}
