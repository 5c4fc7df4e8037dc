//! Reading what was typed: texts without tricks, numbers within limits, one of a few.

pub(super) fn read_text(text: &str, max_length: usize, is_long: bool) -> Result<&str, String> {
    let is_allowed = |c: char| !c.is_control() || (is_long && matches!(c, '\n' | '\r' | '\t'));
    if !text.chars().all(is_allowed) {
        return Err("Control characters are not allowed.".to_owned());
    }
    if text.chars().any(is_invisible) {
        return Err("Invisible characters are not allowed.".to_owned());
    }
    match text.chars().count() {
        length if length > max_length => {
            Err(format!("Ensure this value has at most {max_length} characters (it has {length})."))
        }
        _ => Ok(text),
    }
}

/// Whether a line holds characters that are not seen, or change how others are.
pub fn has_tricks(text: &str) -> bool {
    text.chars().any(|c| c.is_control() || is_invisible(c))
}

/// Characters that change how others are shown, or are not shown at all: two names could look alike.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{00ad}')
}

pub(super) fn read_integer(text: &str, min: i64, max: i64) -> Result<i64, String> {
    let number: i64 = text.parse().map_err(|_| "Enter a whole number.".to_owned())?;
    check_range(&number, &min, &max)?;
    Ok(number)
}

pub(super) fn read_number(text: &str, min: f64, max: f64) -> Result<f64, String> {
    let number: f64 = text
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| "Enter a number.".to_owned())?;
    check_range(&number, &min, &max)?;
    Ok(number)
}

fn check_range<N: PartialOrd + std::fmt::Display>(
    number: &N,
    min: &N,
    max: &N,
) -> Result<(), String> {
    if number < min {
        return Err(format!("Ensure this value is greater than or equal to {min}."));
    }
    if number > max {
        return Err(format!("Ensure this value is less than or equal to {max}."));
    }
    Ok(())
}

pub(super) fn pick<'t, 'o>(
    text: &'t str,
    mut options: impl Iterator<Item = &'o str>,
) -> Result<&'t str, String> {
    if options.any(|option| option == text) {
        Ok(text)
    } else {
        let shown: String = text.chars().take(80).collect();
        Err(format!("Select a valid choice. {shown} is not one of the available choices."))
    }
}
