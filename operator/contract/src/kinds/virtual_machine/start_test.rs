use super::*;
use crate::canonical::sha256_hex;
use crate::kinds::virtual_machine::{System, keys};
use proptest::prelude::*;

/// Drawn by `ssh-keygen` for this test and used nowhere else.
fn key() -> HostKey {
    let bytes = |hex: &str| -> [u8; 32] {
        let digits: Vec<u8> =
            (0..64).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        digits.try_into().unwrap()
    };
    HostKey {
        seed: bytes("9875e6b08c7b3d4ba9e61517c808e17b658ae1cda77eb985cb781aae137d5dfe"),
        public: bytes("0700837e211fd3fe4d8f3750605cc738a93494023e6202e07355ef7d11aad339"),
        check: 0xc0ee_2ae8,
    }
}

#[test]
fn a_host_key_is_written_as_openssh_writes_it() {
    let known = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAcAg34hH9P+TY83UGBcxzipNJQCPmIC4HNV730RqtM5";
    assert_eq!(key().public_line(), known);
    assert_eq!(fingerprint(known).unwrap(), "SHA256:uXA5HwPILqim1kbVQGlLINZAOxxlOnjeWdvq7nzm1xI");
    assert_eq!(fingerprint("nothing"), None);
    // Of the whole file that `ssh-keygen` wrote for this seed.
    let file = "fc07bd8879ddd6d1e02ac716cde996231c18f9cf3094b3f162cad70cba6631c1";
    assert_eq!(sha256_hex(key().private_text().as_bytes()), file);
}

fn plan() -> Plan {
    Plan {
        vcpu_milli: 1000,
        memory_mib: 1024,
        storage_gib_min: 1,
        storage_gib_max: 20,
        systems: vec![System { code: "debian-12".to_owned(), title: "Debian 12".to_owned() }],
        user: "verwaltung".to_owned(),
        exposures: crate::kinds::exposure::usual(),
    }
}

/// What a reader of YAML makes of it.
fn read(text: &str) -> Value {
    let body = text.strip_prefix(MARKER).unwrap();
    serde_yaml_ng::from_str(body).unwrap()
}

proptest! {
    /// The checks refuse most of this long before; whatever gets past them must still stay one text in its place.
    #[test]
    fn nothing_typed_becomes_configuration(hostname in ".{0,60}", comment in ".{0,60}", host in ".{0,60}") {
        let bare = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9";
        let pasted = vec![format!("{bare} {comment}")];
        let keys = keys::read_all(&pasted).unwrap_or_else(|_refused| keys::read_all(&[bare.to_owned()]).unwrap());
        let order = Order {
            hostname: hostname.clone(), system: "debian-12".to_owned(), storage_gib: 1, ssh_keys: pasted,
            exposure: None,
            allowed_networks: Vec::new(),
        };
        let config = configuration(&plan(), &order, &keys, Some(&host)).render(&key());
        let as_json: Value = serde_json::from_str(config.strip_prefix(MARKER).unwrap()).unwrap();
        prop_assert_eq!(&as_json["hostname"], &json!(hostname));
        let mut names: Vec<&String> = as_json.as_object().unwrap().keys().collect();
        names.sort();
        prop_assert_eq!(names, [
            "disable_root", "fqdn", "hostname", "ssh_deletekeys", "ssh_keys", "ssh_pwauth", "timezone", "users",
        ]);
        prop_assert_eq!(as_json["users"].as_array().unwrap().len(), 1);
        let lines = as_json["users"][0]["ssh_authorized_keys"].as_array().unwrap().clone();
        prop_assert_eq!(lines.len(), 1);
        let line = lines[0].as_str().unwrap();
        prop_assert!(line.starts_with(bare) && line.chars().all(|sign| sign.is_ascii_graphic() || sign == ' '));
    }

    /// With a name that the checks let through, a reader of YAML reads exactly what the reader of JSON reads.
    #[test]
    fn yaml_and_json_agree(hostname in "[a-z]([a-z0-9-]{0,28}[a-z0-9])?", comment in "[ -~]{0,60}") {
        let line = format!("ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGrnd+xf8UZOGBRVihBryHMwCp1w8a6tvRXOgSfo/gB9 {comment}");
        let keys = keys::read_all(&[line]).unwrap_or_default();
        let order = Order {
            hostname, system: "debian-12".to_owned(), storage_gib: 1, ssh_keys: Vec::new(),
            exposure: None, allowed_networks: Vec::new(),
        };
        let config = configuration(&plan(), &order, &keys, None).render(&key());
        let as_json: Value = serde_json::from_str(config.strip_prefix(MARKER).unwrap()).unwrap();
        prop_assert_eq!(read(&config), as_json);
    }
}

#[test]
fn nobody_signs_in_with_a_password() {
    let keys = keys::read_all(&[key().public_line()]).unwrap();
    let order = Order {
        hostname: "fachverfahren".to_owned(),
        system: "debian-12".to_owned(),
        storage_gib: 1,
        ssh_keys: Vec::new(),
        exposure: None,
        allowed_networks: Vec::new(),
    };
    let config = read(&configuration(&plan(), &order, &keys, None).render(&key()));
    assert_eq!(config["ssh_pwauth"], false);
    assert_eq!(config["disable_root"], true);
    assert_eq!(config["users"][0]["lock_passwd"], true);
    assert_eq!(config["users"][0]["name"], "verwaltung");
    assert!(config["users"][0].get("passwd").is_none());
    assert_eq!(config["ssh_keys"]["ed25519_private"], key().private_text());
}
