//! Numbers as they are written.

/// What a value of single precision is called: 18.785053, where widening it to 64 bits gives 18.785053253173828. Any
/// other value stays what it is.
#[expect(clippy::cast_possible_truncation, reason = "whether something is lost is looked at")]
pub fn shortest(value: f64) -> f64 {
    let single = value as f32;
    if f64::from(single).to_bits() == value.to_bits() {
        single.to_string().parse().unwrap_or(value)
    } else {
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_single_precision_are_as_short_as_they_are_exact() {
        for (value, written) in [
            (f64::from(18.785_053_f32), "18.785053"),
            (f64::from(0.65_f32), "0.65"),
            (f64::from(0.004_2_f32), "0.0042"),
            (f64::from(-1e-7_f32), "-1e-7"),
            (f64::from(f32::MAX), "3.4028235e38"),
            (18.5, "18.5"),
            (0.0, "0.0"),
            // These have more digits than single precision has.
            (18.785_053_253_173_83, "18.78505325317383"),
            (0.1, "0.1"),
            (1e300, "1e300"),
        ] {
            assert_eq!(
                serde_json::Value::from(shortest(value)).to_string().replace("e+", "e"),
                written
            );
            // Nothing is lost: it is still the same value of single precision.
            #[expect(clippy::cast_possible_truncation, reason = "that is what is compared")]
            let (before, after) = (value as f32, shortest(value) as f32);
            assert_eq!(before.to_bits(), after.to_bits());
        }
        assert!(shortest(f64::NAN).is_nan());
        assert!(shortest(f64::INFINITY).is_infinite());
    }
}
