//! CSVs as programs and people leave them: line ends, quotes, delimiters, headers.

use frontdesk::ErrorKind;
use frontdesk::table::{Notice, Reading, TicketColumns, TicketFile, read_labelled};

use super::{file, labelled, open, tickets};

fn lines(bytes: impl AsRef<[u8]>) -> Vec<u64> {
    labelled("a.csv", bytes).unwrap().into_iter().map(|(line, ..)| line).collect()
}

#[test]
fn lines_are_physical_whatever_ends_them() {
    let rows = "text,label\n\"two\nlines\",x\n\n\nafter blanks,y\nlast,z";
    let expected = [2, 6, 7];
    for end in ["\n", "\r\n", "\r"] {
        assert_eq!(lines(rows.replace('\n', end)), expected, "{end:?}");
        assert_eq!(lines(format!("\u{feff}{}", rows.replace('\n', end))), expected, "{end:?}");
        assert_eq!(lines(format!("{}{}", end.repeat(2), rows.replace('\n', end))), [4, 8, 9], "{end:?}");
    }
    // Line ends of several kinds, and a field that ends where a block of bytes does.
    assert_eq!(lines("text,label\r\na,x\nb,y\rc,z\r\n\r\nd,w"), [2, 3, 4, 6]);
    let long = "word ".repeat(13_104);
    assert_eq!(lines(format!("text,label\r\n{long}end,x\r\n\"a\r\nb\",y\r\nc,z\r\n")), [2, 3, 5]);
}

#[test]
fn a_control_byte_is_data() {
    let rows = labelled("a.csv", "text,label\none,x\n\u{1},y\nthree,z\n").unwrap();
    assert_eq!(rows[1], (3, "\u{1}".to_owned(), "y".to_owned()));
    assert_eq!(rows.len(), 3);
    let dir = tempfile::tempdir().unwrap();
    for text in ["text\none\n\u{1}\nthree\n", "text\none\n\u{1}", "text\n\u{1}\n\u{1}\n\u{1}\n"] {
        let path = file(&dir, "a.csv", text);
        let expected = text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>();
        let found = tickets(&open(&path, &TicketColumns::default()).unwrap());
        assert_eq!(found.into_iter().map(|ticket| ticket.text.unwrap()).collect::<Vec<_>>(), expected);
    }
    // A file that ends with such a byte in quotes that are never closed is reported as before.
    let error = labelled("a.csv", "text,label\n\"one,x\n\u{1}\n").unwrap_err();
    assert!(error.message().contains("line 2: a quote is opened here and never closed"), "{error}");
}

#[test]
fn a_byte_order_mark_is_one_at_the_beginning_alone() {
    let rows = "\u{feff}text,label\n\u{feff}one,\"x\"\n\"a \\\"b\\\"\",x\n\u{feff}two,\"y\"\n";
    let texts: Vec<_> = labelled("a.csv", rows).unwrap().into_iter().map(|(_, text, _)| text).collect();
    assert_eq!(texts, ["\u{feff}one", "a \"b\"", "\u{feff}two"]);
}

#[test]
fn the_first_line_of_a_spreadsheet_names_the_delimiter() {
    let expected = vec![(3, "a, b, c".to_owned(), "x".to_owned())];
    for end in ["\n", "\r\n", "\r"] {
        for told in ["sep=;", "SEP=;", "\"sep=;\""] {
            let text = format!("{told}{end}text;label{end}a, b, c;x{end}");
            assert_eq!(labelled("a.csv", &text).unwrap(), expected, "{text:?}");
            assert_eq!(labelled("a.csv", format!("\u{feff}{text}")).unwrap(), expected, "{text:?}");
        }
    }
    assert_eq!(labelled("a.csv", "sep=\t\ntext\tlabel\na, b, c\tx\n").unwrap(), expected);
}

#[test]
fn the_delimiter_is_that_of_the_header_alone() {
    // Carriage returns end its line, too; commas of later rows do not count.
    let rows = "text;label\r\"a, b, c, d\";x\re, f, g;y\r";
    let found = labelled("a.csv", rows).unwrap();
    assert_eq!(
        found.iter().map(|(line, text, _)| (*line, text.as_str())).collect::<Vec<_>>(),
        [(2, "a, b, c, d"), (3, "e, f, g")]
    );
}

#[test]
fn columns_that_nobody_reads_may_have_any_name() {
    for header in ["text,label,,", "text,label,note,note", "\"\",text,\"\",label"] {
        let values = header.split(',').map(|name| match name {
            "text" => "hello",
            "label" => "x",
            _ => "?",
        });
        let text = format!("{header}\n{}\n", values.collect::<Vec<_>>().join(","));
        assert_eq!(labelled("a.csv", &text).unwrap(), [(2, "hello".to_owned(), "x".to_owned())], "{header}");
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(tickets(&open(&file(&dir, "a.csv", &text), &TicketColumns::default()).unwrap()).len(), 1);
    }
}

fn notices(text: &str) -> Vec<Notice> {
    let dir = tempfile::tempdir().unwrap();
    read_labelled(&file(&dir, "a.csv", text), "text", "label", &Reading::default()).unwrap().notices
}

#[test]
fn a_stray_quote_swallows_no_rows() {
    // It closes in the midst of another field: the row is broken for certain.
    for (rows, line) in [
        ("\"opened here,x\nsecond,y\nthird \"word\",z\n", 2),
        ("first,x\n\"12 inch rack,y\nthird,\"z\"\nfourth,w\n", 3),
        ("first,x\n\"said \"yes\" twice\",y\n", 3),
    ] {
        let error = labelled("a.csv", format!("text,label\n{rows}")).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::DataInvalid);
        assert!(error.message().contains(&format!("line {line}: a quote is opened")), "{error}");
    }
    // It closes where a field ends: that may be meant, and is told.
    let told = notices("text,label\n\"opened here,x\nsecond,y\nthird\",z\nfourth,w\n");
    assert_eq!(told.iter().map(|notice| notice.line).collect::<Vec<_>>(), [Some(2)]);
    assert!(told[0].message.contains("several lines"), "{told:?}");
    // Several rows of a kind are one notice.
    let told = notices(&format!("text,label\n{}", "\"opened here,x\nsecond,y\nthird\",z\n".repeat(3)));
    assert_eq!(told.iter().map(|notice| notice.line).collect::<Vec<_>>(), [Some(2)]);
    assert!(told[0].message.ends_with("(and 2 more rows, the next on line 5)"), "{told:?}");
    // One more line is likelier a part of a message than a row.
    assert!(notices("text,label\n\"Hello\nyou\",x\n").is_empty());
    // Messages of several lines are no such rows.
    assert!(
        notices("text,label\n\"Hello,\nthe proof is wrong.\n\nBye\",x\n\"a \"\"word\"\"\",y\n").is_empty()
    );
    // The first line need not be a row by itself.
    assert_eq!(notices("text,label\n\"opened, here,x\nsecond,y\nthird\",z\nfourth,w\n").len(), 1);
    // Where the row has not the header's fields, the rows behind the quote are read, not counted as one bad
    // row.
    let error = labelled("a.csv", "id,text,label\n1,\"oops,x\n2,good,y\n3,size 6\"\n4,d,z\n").unwrap_err();
    assert!(error.message().contains("line 2: a quote is opened here and closed on a later line"), "{error}");
    // Quotes in the midst of a field are letters.
    assert_eq!(labelled("a.csv", "text,label\na 19\" rack,\"x\"\n").unwrap()[0].1, "a 19\" rack");
}

#[test]
fn quotes_after_backslashes_are_a_part_of_their_field() {
    let rows = r#"text,label
"she said \"no\" to it",x
"ends with \"quotes\"",y
"a comma \", inside",z
"a path C:\dir\",w
"both \"" ways",v
"#;
    let found = labelled("a.csv", &rows[..rows.find("\"both").unwrap()]).unwrap();
    let expected = [
        (2, "she said \"no\" to it", "x"),
        (3, "ends with \"quotes\"", "y"),
        (4, "a comma \", inside", "z"),
        // RFC 4180 reads it well, and so it stays.
        (5, "a path C:\\dir\\", "w"),
    ];
    let found: Vec<_> =
        found.iter().map(|(line, text, label)| (*line, text.as_str(), label.as_str())).collect();
    assert_eq!(found, expected);
    // Lines that continue within such a field, and the count after them.
    let found = labelled("a.csv", "text,label\n\"one \\\"two\\\"\nthree\",x\nfour,y\n").unwrap();
    assert_eq!(
        found,
        [(2, "one \"two\"\nthree".to_owned(), "x".to_owned()), (4, "four".to_owned(), "y".to_owned())]
    );
}

#[test]
fn encodings_and_dialects_are_for_every_verb() {
    let dir = tempfile::tempdir().unwrap();
    let path = file(&dir, "a.txt", b"text!label\n'Gr\xfcn, sagt sie';!x\n");
    let reading = Reading {
        format: Some(frontdesk::table::InputFormat::Csv),
        delimiter: Some('!'),
        quote: Some('\''),
        encoding: Some("windows-1252".to_owned()),
        ..Reading::default()
    };
    let read = |text: &[u8]| {
        std::fs::write(&path, text).unwrap();
        read_labelled(&path, "text", "label", &reading).map(|file| file.rows[0].text.clone())
    };
    assert_eq!(read(b"text!label\n'Gr\xfcn! sagt sie'!x\n").unwrap(), "Grün! sagt sie");
    let tickets = TicketFile::open(&path, &TicketColumns::default(), &reading).unwrap();
    assert_eq!(tickets.tickets().unwrap().next().unwrap().unwrap().1.text.unwrap(), "Grün! sagt sie");
    let unread = Reading { encoding: Some("replacement".to_owned()), ..Reading::default() };
    assert_eq!(read_labelled(&path, "text", "label", &unread).unwrap_err().field(), Some("input_format"));
    let unread = Reading { format: reading.format, ..unread };
    assert_eq!(read_labelled(&path, "text", "label", &unread).unwrap_err().field(), Some("encoding"));
    assert!(read(b"text!label\n'Gr\xfcn' sagt sie!x\n").unwrap_err().message().contains("line 2"));
}
