//! SSH public keys as people paste them: one line each, refused with the reason and the remedy.
//!
//! Source of the forms: RFC 4253 section 6.6 (RSA), RFC 5656 (ECDSA), RFC 8709 (Ed25519), OpenSSH's PROTOCOL.u2f (keys in
//! hardware).

use crate::kinds::Finding;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Keys of one machine.
const MOST: usize = 10;
/// Smallest RSA key, in bits; the BSI recommends no less (TR-02102-4).
const RSA_BITS: usize = 3072;
/// Largest RSA key that OpenSSH reads, in bits.
const RSA_BITS_MOST: usize = 16384;
/// Longest comment that is kept.
const COMMENT: usize = 80;
/// The example that every refusal can point to.
const EXAMPLE: &str = "Richtig ist eine Zeile, die mit „ssh-ed25519“, „ssh-rsa“ oder „ecdsa-sha2-…“ beginnt, zum Beispiel der Inhalt der Datei id_ed25519.pub.";

/// A key that was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PublicKey {
    algorithm: &'static str,
    encoded: String,
    comment: String,
}

impl PublicKey {
    /// The line for `authorized_keys`: only what was understood, so nothing else can get in.
    pub(super) fn line(&self) -> String {
        format!("{} {} {}", self.algorithm, self.encoded, self.comment).trim_end().to_owned()
    }
}

/// Every key, or a finding for each that cannot be used.
pub(super) fn read_all(lines: &[String]) -> Result<Vec<PublicKey>, Vec<Finding>> {
    if lines.iter().any(|line| is_private(line)) {
        return Err(vec![Finding::new(
            "/ssh_keys",
            "private-key",
            "Das ist ein privater Schlüssel. Er wurde nicht gespeichert und steht nicht mehr im Feld, gilt aber als bekannt geworden: Erzeugen Sie ein neues Schlüsselpaar, und tragen Sie hier nur den öffentlichen Teil ein (Datei mit der Endung .pub).",
        )]);
    }
    let one = |code: &str, message: String| Err(vec![Finding::new("/ssh_keys", code, message)]);
    if lines.is_empty() {
        return one("missing", format!("Ohne Schlüssel könnte sich niemand anmelden. {EXAMPLE}"));
    }
    if lines.len() > MOST {
        return one(
            "too-many",
            format!("Höchstens {MOST} Schlüssel. Jeder Schlüssel steht in einer einzigen Zeile."),
        );
    }
    let mut keys: Vec<PublicKey> = Vec::new();
    let mut findings = Vec::new();
    for (position, line) in lines.iter().enumerate() {
        let refused = |(code, message): (&str, String)| {
            Finding::new(
                format!("/ssh_keys/{position}"),
                code,
                format!("Schlüssel {}: {message}", position + 1),
            )
        };
        match read(line) {
            Ok(key) if keys.iter().any(|known| known.encoded == key.encoded) => findings.push(refused((
                "twice",
                "Er steht schon weiter oben. Entfernen Sie die zweite Zeile.".to_owned(),
            ))),
            Ok(key) => keys.push(key),
            Err(reason) => findings.push(refused(reason)),
        }
    }
    if findings.is_empty() { Ok(keys) } else { Err(findings) }
}

/// Whether a text holds a private key: PEM and PuTTY files, and the first bytes of OpenSSH's own form in base64. Such a text
/// must be kept nowhere.
pub fn is_private(text: &str) -> bool {
    text.contains("PRIVATE KEY-----")
        || text.contains("PuTTY-User-Key-File")
        || text.contains("Private-Lines:")
        || text.lines().any(|line| line.trim_start().starts_with("b3BlbnNzaC1rZXktdjE"))
}

fn read(line: &str) -> Result<PublicKey, (&'static str, String)> {
    if line.chars().any(char::is_control) {
        return Err((
            "control-character",
            format!("Die Zeile enthält ein unsichtbares Steuerzeichen. {EXAMPLE}"),
        ));
    }
    let mut words = line.split_whitespace();
    let (name, encoded) = (words.next().unwrap_or_default(), words.next());
    let Some(algorithm) = known(name) else { return Err(unknown(name)) };
    let Some(encoded) = encoded else {
        return Err(("incomplete", format!("Nach „{name}“ fehlt der Schlüssel selbst. {EXAMPLE}")));
    };
    let bytes = STANDARD.decode(encoded).map_err(|_not_base64| {
        ("not-base64", "Der mittlere Teil ist nicht lesbar; vermutlich fehlt beim Kopieren ein Stück, oder die Zeile wurde umbrochen.".to_owned())
    })?;
    check(algorithm, &bytes)?;
    let comment: String = words.collect::<Vec<_>>().join(" ");
    let plain = |sign: char| {
        if sign.is_ascii_graphic() && !"\"'\\`$".contains(sign) || sign == ' ' { sign } else { '_' }
    };
    Ok(PublicKey {
        algorithm,
        encoded: encoded.to_owned(),
        comment: comment.chars().take(COMMENT).map(plain).collect::<String>().trim().to_owned(),
    })
}

fn known(name: &str) -> Option<&'static str> {
    [
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    ]
    .into_iter()
    .find(|known| *known == name)
}

fn unknown(name: &str) -> (&'static str, String) {
    if name == "ssh-dss" {
        return (
            "outdated",
            "DSA gilt als gebrochen. Erzeugen Sie einen Schlüssel der Art Ed25519.".to_owned(),
        );
    }
    if name.contains("-cert-v01@") {
        return (
            "certificate",
            "Das ist ein Zertifikat. Tragen Sie den öffentlichen Schlüssel selbst ein.".to_owned(),
        );
    }
    if name.starts_with("----") {
        return (
            "other-form",
            "Das ist eine andere Schreibweise. „ssh-keygen -i -f DATEI“ wandelt sie in die übliche um; in PuTTYgen steht sie im oberen Feld.".to_owned(),
        );
    }
    ("not-a-key", format!("Das ist kein öffentlicher SSH-Schlüssel. {EXAMPLE}"))
}

/// The parts of a key: texts and numbers with their length before them.
struct Parts<'a>(&'a [u8]);

impl<'a> Parts<'a> {
    fn next(&mut self) -> Option<&'a [u8]> {
        let (length, rest) = self.0.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        let (part, rest) = rest.split_at_checked(length)?;
        self.0 = rest;
        Some(part)
    }
}

/// Whether the parts are those of the algorithm, complete and nothing more.
fn check(algorithm: &'static str, bytes: &[u8]) -> Result<(), (&'static str, String)> {
    let damaged = || {
        (
            "damaged",
            "Der Schlüssel ist unvollständig oder beschädigt. Kopieren Sie die ganze Zeile noch einmal."
                .to_owned(),
        )
    };
    let mut parts = Parts(bytes);
    let inner = parts.next().ok_or_else(damaged)?;
    if inner != algorithm.as_bytes() {
        return Err((
            "other-type",
            format!(
                "Am Anfang steht „{algorithm}“, der Schlüssel selbst ist aber von anderer Art. Kopieren Sie die ganze Zeile noch einmal."
            ),
        ));
    }
    let good = match algorithm {
        "ssh-rsa" => {
            let exponent = parts.next().and_then(bits).ok_or_else(damaged)?;
            let size = parts.next().and_then(bits).ok_or_else(damaged)?;
            if size < RSA_BITS {
                return Err((
                    "too-weak",
                    format!(
                        "RSA mit {size} Bit ist zu schwach. Nötig sind mindestens {RSA_BITS} Bit, besser ist ein Schlüssel der Art Ed25519."
                    ),
                ));
            }
            (2..=64).contains(&exponent) && size <= RSA_BITS_MOST
        }
        "ssh-ed25519" => parts.next().is_some_and(|key| key.len() == 32),
        "sk-ssh-ed25519@openssh.com" => {
            parts.next().is_some_and(|key| key.len() == 32) && parts.next().is_some_and(|app| !app.is_empty())
        }
        "sk-ecdsa-sha2-nistp256@openssh.com" => {
            point(&mut parts, b"nistp256", 65) && parts.next().is_some_and(|app| !app.is_empty())
        }
        "ecdsa-sha2-nistp256" => point(&mut parts, b"nistp256", 65),
        "ecdsa-sha2-nistp384" => point(&mut parts, b"nistp384", 97),
        _ => point(&mut parts, b"nistp521", 133),
    };
    if good && parts.0.is_empty() { Ok(()) } else { Err(damaged()) }
}

/// Name of the curve and an uncompressed point of this length.
fn point(parts: &mut Parts<'_>, curve: &[u8], length: usize) -> bool {
    parts.next() == Some(curve)
        && parts.next().is_some_and(|point| point.len() == length && point.first() == Some(&4))
}

/// Bits of a positive number that is written as short as possible.
fn bits(number: &[u8]) -> Option<usize> {
    let (first, rest) = number.split_first()?;
    let spare = *first == 0;
    if *first >= 0x80 || spare && rest.first().is_none_or(|next| *next < 0x80) {
        return None;
    }
    let digits = if spare { rest } else { number };
    let leading = usize::try_from(digits.first()?.leading_zeros()).ok()?;
    Some(digits.len() * 8 - leading)
}

#[cfg(test)]
#[path = "keys_test.rs"]
mod tests;
