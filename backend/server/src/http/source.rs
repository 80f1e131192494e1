//! From which network address a request comes, as far as it may be believed.

use actix_web::HttpRequest;
use std::net::{IpAddr, Ipv6Addr};

const FORWARDED: &str = "x-forwarded-for";

/// The address of whoever asked, without what a single household or device can choose itself: of IPv6 the first 64 bits.
/// Each of `proxies` servers in front appends to the header whom it was asked by; what stands further left was said by the
/// client and may be invented.
#[must_use]
pub fn source(request: &HttpRequest, proxies: usize) -> String {
    let values = request.headers().get_all(FORWARDED).filter_map(|value| value.to_str().ok());
    let chain: Vec<&str> = values.flat_map(|value| value.split(',')).map(str::trim).collect();
    let forwarded = proxies.checked_sub(1).and_then(|behind| chain.iter().rev().nth(behind));
    let address = forwarded.and_then(|text| read(text)).or_else(|| request.peer_addr().map(|peer| peer.ip()));
    address.map(place).unwrap_or_default()
}

/// Proxies write addresses with and without ports and brackets.
fn read(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(text, |(inner, _)| inner);
    let with_port = || text.parse::<std::net::SocketAddr>().map(|address| address.ip());
    bare.parse().or_else(|_| with_port()).ok()
}

fn place(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            format!("{}/64", Ipv6Addr::from(network))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn told(header: &str, proxies: usize) -> String {
        let peer = "192.0.2.9:4711".parse().unwrap();
        let request = TestRequest::default().peer_addr(peer).insert_header((FORWARDED, header));
        source(&request.to_http_request(), proxies)
    }

    #[test]
    fn only_what_own_proxies_say_is_believed() {
        for (header, proxies, expected) in [
            ("203.0.113.1", 0, "192.0.2.9"),
            ("203.0.113.1", 1, "203.0.113.1"),
            ("198.51.100.66, 203.0.113.1", 1, "203.0.113.1"),
            ("198.51.100.66, 203.0.113.1, 10.0.0.1", 2, "203.0.113.1"),
            ("203.0.113.1", 2, "192.0.2.9"),
            ("erfunden", 1, "192.0.2.9"),
            ("", 1, "192.0.2.9"),
            ("203.0.113.1:5000", 1, "203.0.113.1"),
            ("[2001:db8:1:2:3:4:5:6]:5000", 1, "2001:db8:1:2::/64"),
            ("2001:db8:1:2:ffff::1", 1, "2001:db8:1:2::/64"),
            ("::ffff:203.0.113.1", 1, "203.0.113.1"),
        ] {
            assert_eq!(told(header, proxies), expected, "{header:?} behind {proxies}");
        }
    }
}
