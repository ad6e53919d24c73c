//! Settings of the hub: options, else the environment.

use std::path::PathBuf;
use std::time::Duration;

use crate::regular::read_text;
use crate::{Error, HubOptions, Result};

/// The largest file of a token, in bytes.
const MAX_TOKEN_BYTES: u64 = 4 << 10;

/// The options with the environment filled in.
pub(crate) struct Settings {
    pub(crate) endpoint: String,
    pub(crate) cache_dir: PathBuf,
    pub(crate) token: Option<String>,
    pub(crate) offline: bool,
    pub(crate) timeout: Duration,
}

impl Settings {
    pub(crate) fn new(options: &HubOptions, environment: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let set = |name: &str| environment(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let home = set("HF_HOME").map(PathBuf::from).or_else(|| {
            let caches = set("XDG_CACHE_HOME").map(PathBuf::from);
            Some(caches.or_else(|| Some(std::env::home_dir()?.join(".cache")))?.join("huggingface"))
        });
        let cache_dir = options.cache_dir.clone().or_else(|| set("HF_HUB_CACHE").map(PathBuf::from));
        let no_home = || Error::invalid("hub.cache_dir", "no home directory; set HF_HOME or HF_HUB_CACHE");
        let cache_dir = cache_dir.or_else(|| Some(home.as_ref()?.join("hub"))).ok_or_else(no_home)?;
        let endpoint = options.endpoint.clone().or_else(|| set("HF_ENDPOINT"));
        let endpoint =
            endpoint.as_deref().unwrap_or("https://huggingface.co").trim_end_matches('/').to_owned();
        if !(endpoint.starts_with("https://") || endpoint.starts_with("http://")) {
            return Err(Error::invalid("hub.endpoint", format!("`{endpoint}` is no http address")));
        }
        let token_file = || read_text(&home.as_ref()?.join("token"), MAX_TOKEN_BYTES).ok();
        let token = options.token.clone().or_else(|| set("HF_TOKEN")).or_else(token_file);
        let yes = |text: String| ["1", "true", "yes", "on"].contains(&text.to_ascii_lowercase().as_str());
        let seconds =
            || set("HF_HUB_DOWNLOAD_TIMEOUT")?.parse().ok().filter(|s| *s > 0).map(Duration::from_secs);
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        if token.as_ref().is_some_and(|token| !token.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(Error::invalid("hub.token", "the access token has characters that no token has"));
        }
        Ok(Self {
            endpoint,
            cache_dir,
            token,
            offline: options.offline.unwrap_or_else(|| set("HF_HUB_OFFLINE").is_some_and(yes)),
            timeout: options.timeout.or_else(seconds).unwrap_or(Duration::from_secs(30)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(options: &HubOptions, environment: &[(&str, &str)]) -> Result<Settings> {
        let value = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        Settings::new(options, value)
    }

    #[test]
    fn the_environment_fills_in_what_the_options_leave_open() {
        let home = tempfile::tempdir().unwrap();
        std::fs::write(home.path().join("token"), "from-file\n").unwrap();
        let mut environment =
            vec![("HF_HOME", home.path().to_str().unwrap()), ("HF_ENDPOINT", "http://mirror/")];
        let s = settings(&HubOptions::default(), &environment).unwrap();
        assert_eq!((s.endpoint.as_str(), s.cache_dir), ("http://mirror", home.path().join("hub")));
        assert_eq!((s.token.as_deref(), s.offline, s.timeout.as_secs()), (Some("from-file"), false, 30));

        environment.extend([("HF_HUB_CACHE", "/c"), ("HF_TOKEN", "t"), ("HF_HUB_OFFLINE", "Yes")]);
        environment.push(("HF_HUB_DOWNLOAD_TIMEOUT", "7"));
        let s = settings(&HubOptions::default(), &environment).unwrap();
        assert_eq!((s.cache_dir, s.token.as_deref()), (PathBuf::from("/c"), Some("t")));
        assert_eq!((s.offline, s.timeout.as_secs()), (true, 7));

        let options = HubOptions {
            endpoint: Some("https://other".into()),
            cache_dir: Some("/mine".into()),
            token: Some(String::new()),
            offline: Some(false),
            timeout: Some(Duration::from_secs(1)),
        };
        let s = settings(&options, &environment).unwrap();
        assert_eq!((s.endpoint.as_str(), s.cache_dir), ("https://other", PathBuf::from("/mine")));
        assert_eq!((s.token, s.offline, s.timeout.as_secs()), (None, false, 1));
    }

    #[test]
    fn without_an_environment_the_usual_hub_and_cache() {
        let s = settings(&HubOptions::default(), &[("XDG_CACHE_HOME", "/x"), ("HF_HOME", " ")]).unwrap();
        assert_eq!(
            (s.endpoint.as_str(), s.cache_dir),
            ("https://huggingface.co", "/x/huggingface/hub".into())
        );
    }

    #[test]
    fn what_cannot_be_an_address_or_a_token_is_refused() {
        for (name, value) in [("HF_ENDPOINT", "file:///etc"), ("HF_TOKEN", "a\r\nHost: b")] {
            let error = settings(&HubOptions::default(), &[("HF_HOME", "/x"), (name, value)]).err().unwrap();
            assert_eq!(error.kind(), crate::ErrorKind::InvalidInput);
            assert!(!error.message().contains("Host"));
        }
    }
}
