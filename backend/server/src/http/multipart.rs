//! Bodies of forms that carry a file (RFC 7578), as far as browsers send them: text fields and one small text file. The file's
//! text stands under the name of its input, as if it had been typed.

/// Reads all fields of a body. Nothing if it is no such body, or not text.
pub fn read(content_type: &str, body: &[u8]) -> Option<Vec<(String, String)>> {
    let boundary = boundary(content_type)?;
    let text = std::str::from_utf8(body).ok()?;
    let mut parts = text.split(&*boundary);
    // What stands before the first boundary is nobody's.
    parts.next()?;
    let mut fields = Vec::new();
    for part in parts {
        if part.starts_with("--") {
            return Some(fields);
        }
        let (head, content) = part.strip_prefix("\r\n")?.split_once("\r\n\r\n")?;
        let name = name(head)?;
        fields.push((name, content.strip_suffix("\r\n").unwrap_or(content).to_owned()));
    }
    // A body that was cut off has no end.
    None
}

/// Whether a body is of this type.
pub fn is(content_type: &str) -> bool {
    content_type.trim().to_ascii_lowercase().starts_with("multipart/form-data")
}

fn boundary(content_type: &str) -> Option<String> {
    let after = content_type.split(';').map(str::trim).find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    })?;
    ((1..=70).contains(&after.len()) && after.is_ascii()).then(|| format!("--{after}"))
}

fn name(head: &str) -> Option<String> {
    let line =
        head.split("\r\n").find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let value = line.split(';').map(str::trim).find_map(|part| part.strip_prefix("name="))?;
    Some(value.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=----x";

    fn body(text: &str) -> Vec<u8> {
        text.replace('\n', "\r\n").into_bytes()
    }

    #[test]
    fn fields_and_a_file_are_read_as_browsers_send_them() {
        let sent = body(
            "------x\nContent-Disposition: form-data; name=\"csrf\"\n\nabc\n\
             ------x\nContent-Disposition: form-data; name=\"file\"; filename=\"f.csv\"\nContent-Type: text/csv\n\nTag;ä\n1;2\n\n\
             ------x--\n",
        );
        let fields = read(TYPE, &sent).unwrap();
        assert_eq!(fields[0], ("csrf".to_owned(), "abc".to_owned()));
        assert_eq!(fields[1], ("file".to_owned(), "Tag;ä\r\n1;2\r\n".to_owned()));
    }

    #[test]
    fn what_is_no_such_body_is_refused() {
        let good = "------x\nContent-Disposition: form-data; name=\"a\"\n\nb\n------x--";
        assert!(read(TYPE, &body(good)).is_some());
        assert!(read("multipart/form-data", &body(good)).is_none(), "no boundary");
        assert!(
            read(TYPE, &body("------x\nContent-Disposition: form-data; name=\"a\"\n\nb\n")).is_none(),
            "cut off"
        );
        assert!(read(TYPE, &body("------x\nContent-Type: text/plain\n\nb\n------x--")).is_none(), "no name");
        assert!(read(TYPE, b"------x\r\n\xff").is_none(), "not text");
        assert!(read(TYPE, b"").is_none());
        assert!(is(TYPE) && !is("application/x-www-form-urlencoded"));
    }
}
