//! Which versions of operator and marketplace understand each other: those of the same major version whose minor versions are
//! at most one apart, so that either side may be updated first.
//!
//! Within that distance messages may have more members, kinds, meters and words than the receiver knows (`lenient`), and may lack
//! what was added last. Beyond it the side that answers refuses, and says who has to update.

/// Version of whichever program this crate is built into.
pub const OURS: &str = env!("CARGO_PKG_VERSION");
/// How the operator names itself in `User-Agent`, before its version.
pub const OPERATOR: &str = "wolkenamt-operator/";

/// Who has to update before both understand each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outdated {
    /// The platform team of the provider.
    Operator,
    /// Whoever runs the marketplace.
    Marketplace,
}

impl Outdated {
    /// The stable code of the refusal.
    pub fn code(self) -> &'static str {
        match self {
            Outdated::Operator => "operator-outdated",
            Outdated::Marketplace => "marketplace-outdated",
        }
    }
}

/// What counts of a version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Release {
    major: u64,
    minor: u64,
}

impl Release {
    fn read(version: &str) -> Option<Release> {
        let mut parts = version.split(['.', '-', '+']);
        let (major, minor) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        Some(Release { major, minor })
    }
}

/// Who has to update; `None` if both understand each other. What is no version is let through: builds of developers have names.
pub fn outdated(operator: &str, marketplace: &str) -> Option<Outdated> {
    let (operator, marketplace) = (Release::read(operator)?, Release::read(marketplace)?);
    let near = operator.major == marketplace.major && operator.minor.abs_diff(marketplace.minor) <= 1;
    if near {
        None
    } else if operator < marketplace {
        Some(Outdated::Operator)
    } else {
        Some(Outdated::Marketplace)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_as_table() {
        let cases = [
            ("0.4.0", "0.4.9", None),
            ("0.3.0", "0.4.0", None),
            ("0.5.0", "0.4.0", None),
            ("0.5.0-rc.1", "0.4.0+build", None),
            ("0.2.9", "0.4.0", Some(Outdated::Operator)),
            ("0.6.0", "0.4.0", Some(Outdated::Marketplace)),
            ("1.0.0", "0.9.0", Some(Outdated::Marketplace)),
            ("1.9.0", "2.0.0", Some(Outdated::Operator)),
            ("test", "0.4.0", None),
            ("0.4.0", "", None),
        ];
        for (operator, marketplace, expected) in cases {
            assert_eq!(outdated(operator, marketplace), expected, "{operator} and {marketplace}");
        }
    }
}
