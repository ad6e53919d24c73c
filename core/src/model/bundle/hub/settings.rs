//! Settings of the hub: options, else the environment.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

use crate::quote::quoted;
use crate::regular::read_text;
use crate::{Error, HubOptions, Result};

const OFFLINE: &str = "HF_HUB_OFFLINE";
const TIMEOUT: &str = "HF_HUB_DOWNLOAD_TIMEOUT";

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
    pub(crate) fn new(options: &HubOptions, environment: impl Fn(&str) -> Option<OsString>) -> Result<Self> {
        // What is set to nothing is not set.
        let set = |name: &str, field: &str| -> Result<Option<String>> {
            let Some(value) = environment(name) else { return Ok(None) };
            let unreadable = |_| Error::invalid(field, format!("{name} is no UTF-8"));
            let value = value.into_string().map_err(unreadable)?.trim().to_owned();
            Ok((!value.is_empty()).then_some(value))
        };
        let path = |name: &str| {
            // A path need not be UTF-8.
            let blank = |path: &OsString| path.to_str().is_some_and(|text| text.trim().is_empty());
            environment(name).filter(|path| !blank(path)).map(PathBuf::from)
        };
        let home = path("HF_HOME").or_else(|| {
            let caches = path("XDG_CACHE_HOME");
            Some(caches.or_else(|| Some(std::env::home_dir()?.join(".cache")))?.join("huggingface"))
        });
        let cache_dir = options.cache_dir.clone().or_else(|| path("HF_HUB_CACHE"));
        let no_home = || Error::invalid("hub.cache_dir", "no home directory; set HF_HOME or HF_HUB_CACHE");
        let cache_dir = cache_dir.or_else(|| Some(home.as_ref()?.join("hub"))).ok_or_else(no_home)?;
        let endpoint = match &options.endpoint {
            Some(endpoint) => Some(endpoint.clone()),
            None => set("HF_ENDPOINT", "hub.endpoint")?,
        };
        let endpoint =
            endpoint.as_deref().unwrap_or("https://huggingface.co").trim_end_matches('/').to_owned();
        if !(endpoint.starts_with("https://") || endpoint.starts_with("http://")) {
            return Err(Error::invalid("hub.endpoint", format!("`{endpoint}` is no http address")));
        }
        let token_file = || read_text(&home.as_ref()?.join("token"), MAX_TOKEN_BYTES).ok();
        let token = match &options.token {
            Some(token) => Some(token.clone()),
            None => set("HF_TOKEN", "hub.token")?.or_else(token_file),
        };
        let token = token.map(|token| token.trim().to_owned()).filter(|token| !token.is_empty());
        if token.as_ref().is_some_and(|token| !token.bytes().all(|b| b.is_ascii_graphic())) {
            return Err(Error::invalid("hub.token", "the access token has characters that no token has"));
        }
        let offline = match options.offline {
            Some(offline) => Some(offline),
            None => set(OFFLINE, "hub.offline")?.as_deref().map(truth).transpose()?,
        };
        let timeout = match options.timeout {
            Some(timeout) => Some(timeout),
            None => set(TIMEOUT, "hub.timeout")?.as_deref().map(seconds).transpose()?,
        };
        Ok(Self {
            endpoint,
            cache_dir,
            token,
            offline: offline.unwrap_or(false),
            timeout: timeout.unwrap_or(Duration::from_secs(30)),
        })
    }
}

/// The hub's other tools take the first four for yes, in letters of any size, and all else for no.
fn truth(text: &str) -> Result<bool> {
    match text.to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => Ok(true),
        "0" | "false" | "no" | "off" => Ok(false),
        _ => {
            let message =
                format!("{OFFLINE} is {}; it is 1 or 0, true or false, yes or no, on or off", quoted(text));
            Err(Error::invalid("hub.offline", message))
        }
    }
}

fn seconds(text: &str) -> Result<Duration> {
    let time = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.filter(|time| !time.is_zero()).ok_or_else(|| {
        let message = format!("{TIMEOUT} is {}; it is a number of seconds above 0", quoted(text));
        Error::invalid("hub.timeout", message)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(options: &HubOptions, environment: &[(&str, &str)]) -> Result<Settings> {
        let value = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, v)| OsString::from(v));
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

    #[test]
    fn a_variable_that_is_no_time_or_no_truth_is_named() {
        for (name, field, values) in [
            (TIMEOUT, "hub.timeout", &["nan", "inf", "-1", "0", "1e-20", "1e300", "soon", "7 s"][..]),
            (OFFLINE, "hub.offline", &["2", "maybe", "yes please"][..]),
        ] {
            for value in values {
                let error =
                    settings(&HubOptions::default(), &[("HF_HOME", "/x"), (name, value)]).err().unwrap();
                assert_eq!((error.kind(), error.field()), (crate::ErrorKind::InvalidInput, Some(field)));
                assert!(error.message().contains(name) && error.message().contains(value), "{error}");
            }
        }
        let time = |text| settings(&HubOptions::default(), &[("HF_HOME", "/x"), (TIMEOUT, text)]).unwrap();
        assert_eq!(time("0.5").timeout, Duration::from_millis(500));
        assert_eq!(time(" ").timeout, Duration::from_secs(30));
        let offline = |text| settings(&HubOptions::default(), &[("HF_HOME", "/x"), (OFFLINE, text)]).unwrap();
        assert!(!offline("Off").offline && offline("ON").offline);
        // What an option says is not looked up.
        let said = HubOptions { timeout: Some(Duration::from_secs(1)), ..HubOptions::default() };
        assert!(settings(&said, &[("HF_HOME", "/x"), (TIMEOUT, "nan")]).is_ok());
    }

    #[cfg(unix)]
    #[test]
    fn a_variable_that_is_no_utf_8_is_named_unless_it_is_a_path() {
        use std::os::unix::ffi::OsStringExt;
        let bytes = OsString::from_vec(b"/\xff".to_vec());
        let set = |wanted: &'static str| {
            let value = bytes.clone();
            move |name: &str| (name == wanted || name == "HF_HOME").then(|| value.clone())
        };
        for name in ["HF_ENDPOINT", "HF_TOKEN", OFFLINE, TIMEOUT] {
            let error = Settings::new(&HubOptions::default(), set(name)).err().unwrap();
            assert!(error.message().contains(name), "{error}");
        }
        let settings = Settings::new(&HubOptions::default(), set("HF_HUB_CACHE")).unwrap();
        assert_eq!(settings.cache_dir, PathBuf::from(&bytes));
    }
}
