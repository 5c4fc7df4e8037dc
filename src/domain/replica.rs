//! The name of a process among all that share a database, and the same for a reader.

/// A name that no other process has: what it runs, where, its number there, and something by chance.
pub fn name_of(command: &str, host: &str, process: u32, chance: u64) -> String {
    // The host's name is the one part that others choose.
    let host: String = host.chars().filter(|c| !matches!(c, '/' | '@' | '\0')).collect();
    format!("{command}@{host}/{process}/{chance:016x}")
}

/// "serve on web-1, process 17"; a name of another form as it stands.
pub fn in_words(name: &str) -> String {
    let parts = || {
        let (command, place) = name.split_once('@')?;
        let (host, rest) = place.split_once('/')?;
        let (process, _) = rest.split_once('/')?;
        Some(format!("{command} on {host}, process {process}"))
    };
    parts().unwrap_or_else(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_can_be_read_by_people() {
        let name = name_of("serve", "web-1", 17, 255);
        assert_eq!(name, "serve@web-1/17/00000000000000ff");
        assert_eq!(in_words(&name), "serve on web-1, process 17");
        assert_eq!(in_words(&name_of("ingest", "a/b@c", 1, 0)), "ingest on abc, process 1");
        assert_eq!(in_words("4711-0123456789abcdef"), "4711-0123456789abcdef");
    }
}
