//! What every drawn report keeps, whatever is in it: it is well formed, escapes, stands alone,
//! is bounded and the same each time.

use itom_core::operations::Report;
use itom_core::operations::report::{
    BudgetPoint, BurnRate, ClockSegment, Funnel, MapEdge, MapNode, Panel, ReportAlert, ReportCause,
    ReportClock, ReportObjective, ReportService, Role, ServiceMap,
};
use itom_core::{Duration, Timestamp};
use proptest::prelude::*;
use unicode_width::UnicodeWidthChar;

const HOSTILE: &str =
    "<script>alert(1)</script>\"'&\u{202e}gpj\n\r\t\u{1b}[2J\u{0}]]>--><!-- \u{200b}東京 é";

fn minute(minute: i64) -> Timestamp {
    Timestamp::from_secs(1_681_350_000 + 60 * minute)
}

fn panel(item: &str, values: &[Option<f64>]) -> Panel {
    Panel {
        item: item.into(),
        metric: "latency".into(),
        unit: "s".into(),
        timestamps: (0..values.len() as i64).map(minute).collect(),
        values: values.to_vec(),
        lower: values.iter().map(|_| Some(0.01)).collect(),
        upper: values.iter().map(|_| Some(0.05)).collect(),
        anomalous: values.iter().map(|value| value.is_some_and(|value| value > 0.05)).collect(),
        reason: Some(format!("{item} is slow")),
    }
}

/// A report in which every name is `name`, told apart by a number where it has to be.
fn report(name: &str) -> Report {
    let other = format!("{name} 2");
    let text = name.to_owned();
    let node =
        |id: &str, role| MapNode { id: id.into(), class: text.clone(), role, impact: text.clone() };
    let alert = |item: &str, at: i64, resolved_at| ReportAlert {
        item: item.into(),
        name: text.clone(),
        severity: 17,
        first_seen: minute(at),
        last_seen: minute(at + 9),
        resolved_at,
        count: 7,
        because: text.clone(),
    };
    Report {
        name: text.clone(),
        incident: text.clone(),
        condition: text.clone(),
        symptom_since: Some(minute(0)),
        symptom_until: None,
        at: minute(45),
        state: text.clone(),
        severity: 17,
        started_at: minute(20),
        resolved_at: None,
        summary: vec![text.clone(), text.clone()],
        funnel: Funnel {
            observations: 116_412,
            anomalies: 51,
            events: 20,
            alerts: 2,
            incidents: 1,
        },
        causes: vec![ReportCause {
            item: text.clone(),
            class: text.clone(),
            score: 0.93,
            evidence: vec![text.clone()],
            path: vec![text.clone(), other.clone()],
        }],
        services: vec![ReportService {
            item: other.clone(),
            class: text.clone(),
            impact: text.clone(),
            observed: false,
        }],
        map: ServiceMap {
            nodes: vec![node(name, Role::Cause), node(&other, Role::Symptom)],
            edges: vec![MapEdge { consumer: other.clone(), provider: text.clone(), on_path: true }],
            left_out: 3,
        },
        panels: vec![panel(name, &[Some(0.02), Some(0.03), None, Some(0.9), Some(0.8)])],
        alerts: vec![alert(name, 20, None), alert(&other, 23, Some(minute(40)))],
        objectives: vec![ReportObjective {
            name: text.clone(),
            item: other,
            target: text.clone(),
            window: Duration::from_secs(30 * 86_400),
            attained: Some(0.9969),
            budget_left: Some(-0.2),
            burn_rates: vec![
                BurnRate { over: Duration::from_secs(300), rate: Some(24.0), threshold: 14.4 },
                BurnRate { over: Duration::from_secs(3600), rate: None, threshold: 14.4 },
            ],
            exhausted_at: Some(minute(90)),
            history: (0..50)
                .map(|at| BudgetPoint { at: minute(at), left: 0.8 - 0.02 * at as f64 })
                .collect(),
        }],
        clocks: vec![ReportClock {
            agreement: text.clone(),
            state: text.clone(),
            target: Duration::from_secs(4 * 3600),
            elapsed: Duration::from_secs(1500),
            remaining: Duration::from_secs(4 * 3600 - 1500),
            breach_at: Some(minute(260)),
            breached: false,
            segments: vec![
                ClockSegment { from: minute(20), to: minute(45), kind: "counted".into() },
                ClockSegment { from: minute(45), to: minute(260), kind: text },
            ],
        }],
    }
}

/// Walks the tags of a page: every element is closed in order, every attribute is quoted. Returns
/// the names of the elements.
fn elements(page: &str) -> Vec<String> {
    let body = page.strip_prefix("<!doctype html>").expect("a page");
    let (before, rest) = body.split_once("<style>").expect("a style");
    let (style, after) = rest.split_once("</style>").expect("the end of the style");
    assert!(!style.contains("url(") && !style.contains("@import"), "the style stands alone");
    let markup = format!("{before}{after}");
    let mut names = Vec::new();
    let mut open: Vec<String> = Vec::new();
    let mut rest = markup.as_str();
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "a stray > before {}", &rest[start..start + 40]);
        let end = start + rest[start..].find('>').expect("an end of the tag");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name), "closes what is open");
            continue;
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "quotes in pairs: {tag}");
        let name = tag.split([' ', '\n', '/']).next().unwrap_or("").to_owned();
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric()) && !name.is_empty(), "{tag}");
        names.push(name.clone());
        if !tag.ends_with('/') && name != "meta" {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "left open: {open:?}");
    names
}

fn check(report: &Report) -> (String, String) {
    let (page, text) = (report.to_html(), report.to_text(false));
    let names = elements(&page);
    assert!(!names.iter().any(|name| ["script", "link", "img", "iframe"].contains(&name.as_str())));
    assert!(!page.contains("NaN") && !page.contains("=\"inf") && !page.contains("\"-inf"));
    let ids: Vec<&str> = page.split(" id=\"").skip(1).filter_map(|s| s.split('"').next()).collect();
    let unique: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len(), "no id twice");
    for shown in [&page, &text] {
        let acts =
            |c: char| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{202e}').contains(&c);
        assert!(!shown.contains(acts), "nothing that acts");
    }
    assert_eq!(page, report.clone().to_html());
    assert_eq!(text, report.clone().to_text(false));
    (page, text)
}

fn longest_line(text: &str) -> usize {
    let cells = |line: &str| line.chars().filter_map(UnicodeWidthChar::width).sum();
    text.lines().map(cells).max().unwrap_or(0)
}

#[test]
fn a_page_holds_all_its_pictures() {
    let (page, text) = check(&report("PetSearch"));
    for id in ["funnel", "map", "panel0", "timeline", "ring0", "strip0", "budget0", "burn0"] {
        assert!(page.contains(&format!("id=\"{id}-title\"")), "{id}");
    }
    for said in ["likely caused by", "0.930", "116\u{a0}412", "3 h 35 min", "2023-04-13 06:00 UTC"]
    {
        assert!(page.contains(said) && text.contains(said), "{said}");
    }
    assert!(page.contains("3\u{a0}items of the topology left out"));
    assert!(text.contains("burns 24× over 5 min, alarm above 14.4× !"));
    assert!(longest_line(&text) <= 100, "{text}");
}

#[test]
fn hostile_names_are_text() {
    let (page, text) = check(&report(HOSTILE));
    assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\u{fffd}gpj"));
    assert!(!page.contains("<script"));
    assert!(text.contains("東京"));
    assert!(longest_line(&text) <= 100);
}

#[test]
fn colour_adds_nothing_but_colour() {
    let report = report("PetSearch");
    let coloured = report.to_text(true);
    let mut plain = String::new();
    for (index, part) in coloured.split("\u{1b}[").enumerate() {
        plain.push_str(if index == 0 { part } else { part.split_once('m').unwrap().1 });
    }
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&plain), trimmed(&report.to_text(false)));
    let codes = coloured.matches("\u{1b}[").count();
    assert_eq!(2 * coloured.matches("\u{1b}[0m").count(), codes, "every colour ends");
}

#[test]
fn an_empty_report_is_a_page_too() {
    let (page, text) = check(&Report::default());
    assert!(page.contains("No topology is known"));
    assert!(page.contains("No metric belongs to this incident."));
    assert!(text.contains("0\u{a0}observations"));
}

#[test]
fn any_numbers_are_drawn() {
    let odd = [
        vec![],
        vec![None; 5],
        vec![Some(f64::NAN), Some(f64::INFINITY), None],
        vec![Some(3.0); 40],
        vec![Some(0.0); 3],
        vec![Some(f64::MAX), Some(f64::MIN), Some(5e-324)],
        vec![Some(1.0)],
    ];
    let mut report = report("a");
    report.panels = odd.iter().map(|values| panel("a", values)).collect();
    report.panels[3].upper = vec![Some(1e300); 40];
    report.panels[4].lower.clear();
    report.causes[0].score = f64::NAN;
    report.objectives[0].budget_left = Some(f64::NEG_INFINITY);
    report.objectives[0].history[3].left = f64::NAN;
    report.objectives[0].burn_rates[0].rate = Some(f64::INFINITY);
    report.clocks[0].target = Duration::ZERO;
    report.clocks[0].remaining = Duration::from_nanos(i64::MIN);
    report.clocks[0].breach_at = Some(Timestamp::MAX);
    report.clocks[0].segments[0].from = Timestamp::MIN;
    report.started_at = Timestamp::MAX;
    let (page, text) = check(&report);
    assert!(page.contains("The band is wider than shown"));
    assert!(text.contains("no values"));
    assert!(longest_line(&text) <= 100, "{text}");
}

#[test]
fn what_is_too_much_is_left_out_and_said() {
    let mut report = report("a");
    let id = |index: usize| format!("item-{index:05}");
    report.map.nodes = (0..500)
        .map(|index| MapNode {
            id: id(index),
            class: "vm".into(),
            role: Role::Healthy,
            impact: String::new(),
        })
        .collect();
    report.map.edges = (0..2000)
        .map(|index| MapEdge {
            consumer: id(index % 500),
            provider: id(index * 13 % 500),
            on_path: false,
        })
        .collect();
    report.map.left_out = 0;
    let alert = report.alerts[0].clone();
    report.alerts =
        (0..5000).map(|at| ReportAlert { first_seen: minute(at), ..alert.clone() }).collect();
    report.panels = (0..40).map(|_| panel("a", &[Some(1.0), Some(2.0)])).collect();
    report.panels[0] =
        panel("a", &(0..50_000).map(|x| Some(f64::from(x % 97))).collect::<Vec<_>>());
    let (page, _) = check(&report);
    for said in [
        "440\u{a0}items of the topology left out",
        "28\u{a0}metrics more not shown",
        "4\u{a0}940\u{a0}alerts more not shown",
        "4\u{a0}800\u{a0}alerts more not shown",
        "50\u{a0}000 values, drawn by",
    ] {
        assert!(page.contains(said), "{said}");
    }
    assert!(page.len() < 1_000_000, "{}", page.len());
}

#[test]
fn a_report_survives_its_json() {
    let before = report(HOSTILE);
    let json = serde_json::to_string(&before).unwrap();
    let after: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(before.to_html(), after.to_html());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Cyclic, disconnected, doubled, dangling: every map is drawn.
    #[test]
    fn any_map_is_drawn(edges in prop::collection::vec((0_u8..24, 0_u8..26), 0..90)) {
        let mut report = report("a");
        report.map.nodes = (0..24)
            .map(|id: u8| MapNode {
                id: id.to_string(), class: "vm".into(), impact: String::new(),
                role: [Role::Cause, Role::Symptom, Role::Alerting, Role::Impacted, Role::Healthy][usize::from(id) % 5],
            })
            .collect();
        report.map.edges = edges
            .iter()
            .map(|(a, b)| MapEdge { consumer: a.to_string(), provider: b.to_string(), on_path: a % 3 == 0 })
            .collect();
        let (page, _) = check(&report);
        let drawn = page.matches("class=\"role node ").count();
        prop_assert_eq!(drawn, 24);
    }

    /// Whatever a name is, it stays text and the lines stay short.
    #[test]
    fn any_name_is_text(name in "\\PC{0,40}|.{0,40}|[<>&\"'\\x00-\\x1f]{0,20}") {
        let (_, text) = check(&report(&name));
        prop_assert!(longest_line(&text) <= 100);
    }

    /// Whatever the values are, a panel has all of them within its frame.
    #[test]
    fn any_series_is_drawn(values in prop::collection::vec(prop::option::of(any::<f64>()), 0..60)) {
        let mut report = report("a");
        report.panels = vec![panel("a", &values)];
        check(&report);
    }
}
