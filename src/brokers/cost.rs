//! What a query costs, in bytes and in money.

use std::fmt;

/// Bytes that are read, in words with their price: "41.2 GiB (about $0.25)".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cost(pub u64);

/// US dollars for reading a TiB, on demand. <https://cloud.google.com/bigquery/pricing#on_demand_pricing>
const DOLLARS_PER_TIB: f64 = 6.25;

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
        let bytes = self.0 as f64;
        let units = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];
        let mut amount = bytes;
        let mut unit = 0;
        while amount >= 1024.0 && unit + 1 < units.len() {
            amount /= 1024.0;
            unit += 1;
        }
        let decimals = usize::from(unit > 0 && amount < 100.0);
        write!(f, "{amount:.decimals$} {}", units.get(unit).unwrap_or(&"bytes"))?;
        let dollars = bytes / f64::from(1 << 20) / f64::from(1 << 20) * DOLLARS_PER_TIB;
        match dollars {
            0.0 => write!(f, " (free)"),
            ..0.01 => write!(f, " (less than $0.01)"),
            _ => write!(f, " (about ${dollars:.2})"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_with_their_price() {
        for (bytes, text) in [
            (0, "0 bytes (free)"),
            (512, "512 bytes (less than $0.01)"),
            (10 << 20, "10.0 MiB (less than $0.01)"),
            (44_238_061_568, "41.2 GiB (about $0.25)"),
            (1 << 40, "1.0 TiB (about $6.25)"),
            (350 << 30, "350 GiB (about $2.14)"),
        ] {
            assert_eq!(Cost(bytes).to_string(), text);
        }
    }
}
