//! What messages repeat of their input, and what is read as a structure.

use frontdesk::{
    CustomerHistory, DeviceChoice, ErrorKind, LongText, Object, Precision, RouteContext, Ticket, Urgency,
    from_json,
};
use serde_json::json;

#[test]
fn a_message_has_the_beginning_of_a_long_name_or_value() {
    let long = "n".repeat(1 << 20);
    let object = json!({ long.as_str(): 1 }).to_string();
    let deep = json!({ "text": "a", "customer_history": { long.as_str(): 1 } }).to_string();
    let errors = [
        from_json::<Ticket>(object.as_bytes()).unwrap_err(),
        from_json::<Ticket>(deep.as_bytes()).unwrap_err(),
        from_json::<Ticket>(json!({ "text": "a", "urgency": long }).to_string().as_bytes()).unwrap_err(),
        from_json::<Vec<Ticket>>(json!([{ "customer_history": long }]).to_string().as_bytes()).unwrap_err(),
        long.parse::<Urgency>().unwrap_err(),
        long.parse::<DeviceChoice>().unwrap_err(),
        long.parse::<Precision>().unwrap_err(),
        long.parse::<LongText>().unwrap_err(),
        frontdesk::Error::invalid(&long, long.as_str()).context(&long),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().len() <= 4096 && error.message().contains('…'), "{}", error.message().len());
        assert!(error.field().is_none_or(|field| field.chars().count() <= 81), "{:?}", error.field());
    }
    let error = from_json::<Ticket>(object.as_bytes()).unwrap_err();
    let cut = format!("{}…", "n".repeat(80));
    assert!(error.message().starts_with(&format!("{cut}: unknown field `{cut}`, expected")), "{error}");
    assert_eq!(error.field(), Some(cut.as_str()));
}

#[test]
fn a_structure_is_an_object_and_no_list_of_its_fields() {
    for list in ["[]", "[[]]", "[null]", "\"\"", "1", "null"] {
        let read = from_json::<Object<RouteContext>>(list.as_bytes());
        assert!(read.unwrap_err().message().contains("an object"), "{list}");
        let ticket = format!("{{\"text\": \"a\", \"customer_history\": {list}}}");
        let read = from_json::<Ticket>(ticket.as_bytes());
        assert_eq!(read.is_ok(), list == "null", "{list}: {read:?}");
    }
    let read: Object<CustomerHistory> = from_json(b"{\"previous_issues\": [\"a\"]}").unwrap();
    assert_eq!(read.0.previous_issues, ["a"]);
}

#[test]
fn a_whole_number_may_have_a_point_and_no_fraction() {
    let read = |free: &str| {
        from_json::<RouteContext>(format!("{{\"agents\": {{\"co-browse\": {free}}}}}").as_bytes())
    };
    for (free, expected) in [("2", 2), ("2.0", 2), ("4294967295", u32::MAX), ("0e3", 0)] {
        assert_eq!(read(free).unwrap().agents.into_values().collect::<Vec<_>>(), [expected], "{free}");
    }
    for free in ["2.5", "-1", "4294967296", "1e300", "\"2\"", "null", "true"] {
        let error = read(free).unwrap_err();
        assert!(error.message().contains("a whole number from 0"), "{free}: {error}");
    }
}
