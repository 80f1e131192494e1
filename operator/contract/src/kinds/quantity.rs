//! Quantities of Kubernetes (`100m`, `2Gi`, `0.5`) as whole thousandths, without floating point.

/// Value in thousandths, rounded up as Kubernetes does; `None` for what is no quantity.
pub fn milli(text: &str) -> Option<i128> {
    let split =
        text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-' || c == '+')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let factor: i128 = match suffix {
        "m" => 1,
        "" => 1000,
        "k" => 1_000_000,
        "M" => 1_000_000_000,
        "G" => 1_000_000_000_000,
        "T" => 1_000_000_000_000_000,
        "Ki" => 1000 << 10,
        "Mi" => 1000 << 20,
        "Gi" => 1000 << 30,
        "Ti" => 1000 << 40,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut value: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut scale: i128 = 1;
    for digit in fraction.chars().take(9) {
        value = value.checked_mul(10)?.checked_add(i128::from(digit.to_digit(10)?))?;
        scale = scale.checked_mul(10)?;
    }
    let product = value.checked_mul(factor)?;
    Some((product + scale - 1).div_euclid(scale))
}

/// A processor quantity in mCPU.
pub fn milli_cpu(text: &str) -> Option<i64> {
    i64::try_from(milli(text)?).ok()
}

/// A size in MiB, rounded down.
pub fn mebibytes(text: &str) -> Option<i64> {
    i64::try_from(milli(text)?.div_euclid(1000 << 20)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_as_table() {
        assert_eq!(milli_cpu("1"), Some(1000));
        assert_eq!(milli_cpu("100m"), Some(100));
        assert_eq!(milli_cpu("0.1"), Some(100));
        assert_eq!(milli_cpu("1.5"), Some(1500));
        assert_eq!(mebibytes("2Gi"), Some(2048));
        assert_eq!(mebibytes("512Mi"), Some(512));
        assert_eq!(mebibytes("1048576Ki"), Some(1024));
        assert_eq!(mebibytes("0.5Gi"), Some(512));
        assert_eq!(mebibytes("1073741824"), Some(1024));
        assert_eq!(milli("zwei"), None);
        assert_eq!(milli("1Xi"), None);
    }
}
