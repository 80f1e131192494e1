use super::*;

/// Made for this test; the private halves were thrown away.
const ED25519: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9 jana@rathaus";
const ECDSA256: &str = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBO7Ocs4tfNOpXDDrs4kBZDc7/Lzu1mCTZye6wA++J7vVuUdOheQOPObL6phArs2ZbK/0Ut9wb31oHPJpbfCItDY= jana@rathaus";
const ECDSA384: &str = "ecdsa-sha2-nistp384 AAAAE2VjZHNhLXNoYTItbmlzdHAzODQAAAAIbmlzdHAzODQAAABhBLD183VTyVhosmlEgI/NZokcG6BH/mpc63rfgvKTHGkAMo0/XV84sP9MCcR3Kx/KbYS+JaOJYb5Jn/t2QDln/PCJZ0Nz6YDpCydaQbOpPZ62XPDvakYwiHqq50tjXHJWdQ==";
const ECDSA521: &str = "ecdsa-sha2-nistp521 AAAAE2VjZHNhLXNoYTItbmlzdHA1MjEAAAAIbmlzdHA1MjEAAACFBABkkkCAySgSQVnAz89iPD/6Q9jFkeRlDUek5sL7TClmWHl2M13OyEPdhcE6QhzMtoPjmyzFNaxWN141j//xnQa6bABrn3iCSiG0uQ0qigr0t9fxE1XPqkeTpkKujFkBrzfI6L17bBPoshKyi/WsJz89uqMk8HJZ347gQI5r9ghgOpgs3A==";
const RSA2048: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQCeUmwnuXxNTUB7H3F0flZyPOAkpRE/l3ME533ErOr3BN34EAroGVGO0aTEIDy5Z7ez4/a9XyqKLtSWnYLO+e72IUTwBm1iPmgb96M/b0nn7gqbebL5zZZ66ncxf6drFbAwvtFXVe67PuvQZhrf3gVJ2wlP4kkXAUAGJzQERH4H7mliJomprfa/yv3fFZ0NlyVRjVZJ/2n5bRK0bEsJiynNsckr6bLrXHmDEJCeuSRcsi0rk7bPhSFQu3nPPR/f7UDYLd3ODiM1S4W3IX3OYFMzmcdFh/tAXYgnO/Rg2c4cHfei+1pkNH0YH9los8ZxGSnjYICNBgT+yvmO89hB/avh";
const RSA3072: &str = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDNiGCQ2ZKleBAJG26LHxkrCS/2g9uy53KyXBi/Q+tbSB/QrbQYSsEl2LN8mBlaAkWOUJNw1VrQVb+zdEGoI/oIqEw2jFPCk5VSfnwoJpjeE9OwUbY+SzUpE1JUl2yze6UTCEyzL1khiBE7EyuzNBKe2r7s5CWLEc6kh/tePhkU97YAntJGTzss+sB7NXUMr2UAqKqpAqJ4UXd3gLcocIKmcaa0loHRKUap9eyPyFTovSaTXaQPeV91ZfAElSd7lxcwfIVp1byjCuwIWrxl3lHccLDlxcFYRMk7yKjezTQMDlRl+qZf0Os+Af62Au3TF5p/f/IJe2w2JVLwZkMgR2mSL0JZ/Ztr+JRKswLLa+TQUU9urj4Cw69LK4hw8ldFQ57/+tkEoOdFmplm6nO/DihgXhJrH/PY37W2lpBnVmVH4nlYskK8hgeVtZZatzZx5ovWU6vsH7rJiN/rKBIz0CwTUyYdPiEbLt1+PF2Yz+Oty1O9h8Q8uU+zdT4yVjnZUpE= jana@rathaus";

fn codes(lines: &[&str]) -> Vec<(String, String)> {
    let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
    let findings = read_all(&lines).err().unwrap_or_default();
    findings.into_iter().map(|finding| (finding.pointer, finding.code)).collect()
}

#[test]
fn good_keys_come_out_as_they_went_in() {
    for line in [ED25519, ECDSA256, ECDSA384, ECDSA521, RSA3072] {
        let keys = read_all(&[line.to_owned()]).unwrap_or_else(|bad| panic!("{line}: {bad:?}"));
        assert_eq!(keys[0].line(), line);
    }
    let hardware = {
        let mut bytes = Vec::new();
        for part in [&b"sk-ssh-ed25519@openssh.com"[..], &[7; 32], b"ssh:"] {
            bytes.extend(u32::try_from(part.len()).unwrap().to_be_bytes());
            bytes.extend(part);
        }
        format!("sk-ssh-ed25519@openssh.com {}", STANDARD.encode(bytes))
    };
    assert_eq!(codes(&[&hardware]), []);
}

#[test]
fn each_refusal_names_what_is_wrong() {
    let (cut, shorter): (String, String) =
        (ED25519.chars().take(61).collect(), ED25519.chars().take(60).collect());
    let renamed = ECDSA256.replacen("ecdsa-sha2-nistp256", "ssh-ed25519", 1);
    let longer = {
        let mut bytes = STANDARD.decode(ED25519.split(' ').nth(1).unwrap()).unwrap();
        bytes.push(0);
        format!("ssh-ed25519 {}", STANDARD.encode(bytes))
    };
    let cases: Vec<(&str, &str)> = vec![
        ("", "not-a-key"),
        ("kein Schlüssel", "not-a-key"),
        ("ssh-ed25519", "incomplete"),
        ("ssh-ed25519 ???", "not-base64"),
        (&cut, "not-base64"),
        (&shorter, "damaged"),
        ("ssh-ed25519 AAAA", "damaged"),
        (&renamed, "other-type"),
        (&longer, "damaged"),
        (RSA2048, "too-weak"),
        ("ssh-dss AAAAB3NzaC1kc3MAAACBAP", "outdated"),
        ("ssh-ed25519-cert-v01@openssh.com AAAA", "certificate"),
        ("---- BEGIN SSH2 PUBLIC KEY ----", "other-form"),
        ("-----BEGIN PUBLIC KEY-----", "other-form"),
        ("command=\"reboot\" ssh-ed25519 AAAA", "not-a-key"),
        ("ssh-ed25519 AAAA\nssh-ed25519 BBBB", "control-character"),
    ];
    for (line, code) in cases {
        assert_eq!(codes(&[line]), [("/ssh_keys/0".to_owned(), code.to_owned())], "{line}");
    }
    assert_eq!(codes(&[ED25519, ED25519]), [("/ssh_keys/1".to_owned(), "twice".to_owned())]);
    assert_eq!(codes(&[]), [("/ssh_keys".to_owned(), "missing".to_owned())]);
    assert_eq!(codes(&[ED25519; 11]), [("/ssh_keys".to_owned(), "too-many".to_owned())]);
}

#[test]
fn a_private_key_is_told_from_everything_else() {
    for lines in [
        vec!["-----BEGIN OPENSSH PRIVATE KEY-----", "b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ"],
        vec!["-----BEGIN RSA PRIVATE KEY-----"],
        vec!["-----BEGIN ENCRYPTED PRIVATE KEY-----"],
        vec!["PuTTY-User-Key-File-3: ssh-ed25519"],
        vec!["b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ"],
        vec![ED25519, "-----BEGIN OPENSSH PRIVATE KEY-----"],
    ] {
        assert_eq!(codes(&lines), [("/ssh_keys".to_owned(), "private-key".to_owned())], "{lines:?}");
    }
    assert!(!is_private("Der private Schlüssel (PRIVATE KEY) bleibt bei uns"), "words alone are none");
    let pasted: Vec<&str> = std::iter::once("-----BEGIN RSA PRIVATE KEY-----").chain(["MIIE"; 40]).collect();
    assert_eq!(codes(&pasted)[0].1, "private-key", "also where it has more lines than keys are allowed");
}

#[test]
fn a_comment_stays_a_comment() {
    let bare = ED25519.rsplit_once(' ').unwrap().0;
    for (comment, kept) in [
        ("jana probst", "jana probst"),
        ("Jürgen", "J_rgen"),
        ("\"; rm -rf / #`x`$(y)", "_; rm -rf / #_x__(y)"),
        ("{{evil}}: [a, b]", "{{evil}}: [a, b]"),
    ] {
        let keys = read_all(&[format!("{bare} {comment}")]).unwrap();
        assert_eq!(keys[0].line(), format!("{bare} {kept}"));
    }
    let long = read_all(&[format!("{bare} {}", "x".repeat(500))]).unwrap();
    assert_eq!(long[0].line().len(), bare.len() + 1 + COMMENT);
}
