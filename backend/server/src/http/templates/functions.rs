//! What templates may call: texts, addresses of assets, and the filters that write machine values for people.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::tz::TimeZone;
use tera::{Kwargs, State, Tera, TeraResult, Value};

use super::format;
use super::texts::Texts;
use crate::http::views::page::Lang;

pub(super) fn register(
    tera: &mut Tera,
    lang: Lang,
    texts: &Arc<Texts>,
    zone: &TimeZone,
    assets: &Arc<BTreeMap<String, String>>,
) {
    register_texts(tera, lang, texts);
    register_assets(tera, assets);
    register_filters(tera, lang, zone);
    tera.register_function("error_for", |kwargs: Kwargs, _: &State| error_for(&kwargs));
    tera.register_function("value_of", |kwargs: Kwargs, _: &State| value_of(&kwargs));
}

fn register_texts(tera: &mut Tera, lang: Lang, texts: &Arc<Texts>) {
    let known = Arc::clone(texts);
    tera.register_function("t", move |kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        let key: String = kwargs.must_get("key")?;
        let args = arguments(&kwargs, &["key", "default"]);
        match (known.find(lang, &key, &args), kwargs.get::<String>("default")?) {
            (Some(text), _) | (None, Some(text)) => Ok(Value::from(text)),
            (None, None) => Err(tera::Error::message(format!("locale {} lacks {key}", lang.code()))),
        }
    });
    let known = Arc::clone(texts);
    tera.register_function("say", move |kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        let text: Value = kwargs.must_get("text")?;
        let prefix: String = kwargs.must_get("prefix")?;
        let part = kwargs.get::<String>("part")?.map(|part| format!(".{part}")).unwrap_or_default();
        let code = text.get_from_path("code").and_then(Value::as_str).unwrap_or_default().replace('.', "-");
        let mut args = BTreeMap::new();
        for (name, value) in text.get_from_path("args").and_then(Value::as_map).into_iter().flatten() {
            if let Some(name) = name.as_str() {
                args.insert(name.to_owned(), plain(value));
            }
        }
        let key = format!("{prefix}-{code}{part}");
        // A suffix words the same code differently, for example by its bearing; without such a wording the plain one counts.
        let special = kwargs.get::<String>("suffix")?.map(|suffix| format!("{prefix}-{code}-{suffix}{part}"));
        let said = special.and_then(|special| known.find(lang, &special, &args));
        let said = said.or_else(|| known.find(lang, &key, &args)).or(kwargs.get::<String>("default")?);
        Ok(Value::from(said.unwrap_or_else(|| {
            // Codes come from rules and operators, also newer ones: a bare code is better than no page.
            tracing::warn!(key, lang = lang.code(), "no wording for a code");
            code
        })))
    });
}

fn register_assets(tera: &mut Tera, assets: &Arc<BTreeMap<String, String>>) {
    let known = Arc::clone(assets);
    tera.register_function("asset", move |kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        let path: String = kwargs.must_get("path")?;
        let digest = known.get(&path).ok_or_else(|| tera::Error::message(format!("no asset {path}")))?;
        Ok(Value::from(format!("/assets/{path}?v={digest}")))
    });
}

fn register_filters(tera: &mut Tera, lang: Lang, zone: &TimeZone) {
    type Plain = fn(Lang, &str) -> Option<String>;
    let plain_filters: [(&'static str, Plain); 4] = [
        ("eur", format::eur),
        ("number", format::number),
        ("bytes", format::bytes),
        ("duration", format::duration),
    ];
    for (name, write) in plain_filters {
        tera.register_filter(name, move |value: Value, _: Kwargs, _: &State| -> TeraResult<Value> {
            written(name, &value, |text| write(lang, text))
        });
    }
    type Timed = fn(Lang, &str, &TimeZone) -> Option<String>;
    let timed: [(&'static str, Timed); 5] = [
        ("date", format::date),
        ("time", format::time),
        ("datetime", format::datetime),
        ("exact", format::exact),
        ("month", format::month),
    ];
    for (name, write) in timed {
        let zone = zone.clone();
        tera.register_filter(name, move |value: Value, _: Kwargs, _: &State| -> TeraResult<Value> {
            written(name, &value, |text| write(lang, text, &zone))
        });
    }
    tera.register_filter("quantity", move |value: Value, kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        let unit: String = kwargs.must_get("unit")?;
        written("quantity", &value, |text| format::quantity(lang, text, &unit))
    });
    tera.register_filter("share", |value: Value, kwargs: Kwargs, _: &State| -> TeraResult<Value> {
        let whole: Value = kwargs.must_get("of")?;
        written("share", &value, |part| format::share(part, &plain(&whole)))
    });
}

fn written(filter: &str, value: &Value, write: impl Fn(&str) -> Option<String>) -> TeraResult<Value> {
    let text = plain(value);
    write(&text)
        .map(Value::from)
        .ok_or_else(|| tera::Error::message(format!("{filter} cannot read {text:?}")))
}

/// The message for one input, or none.
fn error_for(kwargs: &Kwargs) -> TeraResult<Value> {
    let errors: Value = kwargs.must_get("errors")?;
    let field: String = kwargs.must_get("field")?;
    let found = errors
        .as_array()
        .into_iter()
        .flatten()
        .find(|error| error.get_from_path("field").and_then(Value::as_str) == Some(field.as_str()));
    Ok(found.and_then(|error| error.get_from_path("message")).cloned().unwrap_or_else(Value::none))
}

/// What is in one input: typed, else the proposal, else nothing.
fn value_of(kwargs: &Kwargs) -> TeraResult<Value> {
    let values: Value = kwargs.must_get("values")?;
    let field: String = kwargs.must_get("field")?;
    let typed = values.as_map().and_then(|map| map.get(&tera::value::Key::from(field))).cloned();
    let proposal = kwargs.get::<Value>("default")?.filter(|value| !value.is_none() && !value.is_undefined());
    Ok(typed.or(proposal).unwrap_or_else(|| Value::from("")))
}

fn arguments(kwargs: &Kwargs, without: &[&str]) -> BTreeMap<String, String> {
    kwargs
        .iter()
        .filter_map(|(name, value)| Some((name.as_str()?.to_owned(), plain(value))))
        .filter(|(name, _)| !without.contains(&name.as_str()))
        .collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
