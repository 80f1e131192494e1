//! Elements that become XML bytes in one fixed way: two blanks per level, one line per element, UTF-8.

use quick_xml::escape::escape;

/// An element with attributes and either text or children.
pub(super) struct Element {
    name: &'static str,
    attributes: Vec<(&'static str, String)>,
    content: Content,
}

enum Content {
    Text(String),
    Children(Vec<Element>),
}

impl Element {
    /// An element that holds text.
    pub(super) fn text(name: &'static str, text: impl Into<String>) -> Self {
        Self { name, attributes: Vec::new(), content: Content::Text(printable(&text.into())) }
    }

    /// An element that holds elements.
    pub(super) fn of(name: &'static str, children: Vec<Self>) -> Self {
        Self { name, attributes: Vec::new(), content: Content::Children(children) }
    }

    /// The same with one more attribute.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.attributes.push((name, printable(&value.into())));
        self
    }

    /// Nothing to say: PEPPOL-EN16931-R008 forbids empty elements, so they are left out.
    fn empty(&self) -> bool {
        match &self.content {
            Content::Text(text) => text.trim().is_empty(),
            Content::Children(children) => children.iter().all(Self::empty),
        }
    }

    fn write(&self, level: usize, out: &mut String) {
        if self.empty() {
            return;
        }
        let indent = "  ".repeat(level);
        out.push_str(&indent);
        out.push('<');
        out.push_str(self.name);
        for (name, value) in &self.attributes {
            for part in [" ", name, "=\"", &escape(value), "\""] {
                out.push_str(part);
            }
        }
        out.push('>');
        match &self.content {
            Content::Text(text) => out.push_str(&escape(text)),
            Content::Children(children) => {
                out.push('\n');
                for child in children {
                    child.write(level.saturating_add(1), out);
                }
                out.push_str(&indent);
            }
        }
        for part in ["</", self.name, ">\n"] {
            out.push_str(part);
        }
    }
}

/// The whole document.
pub(super) fn document(root: &Element) -> Vec<u8> {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    root.write(0, &mut out);
    out.into_bytes()
}

/// Characters that XML 1.0 cannot hold are dropped; whatever somebody pasted into a name must not break an invoice.
fn printable(text: &str) -> String {
    text.chars()
        .filter(|c| matches!(c, '\t' | '\n' | '\r') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}')))
        .collect()
}
