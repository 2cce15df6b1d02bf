//! A page that stands alone: sections, figures, tables, and four kinds of pictures as inline SVG.

use std::fmt::{Display, Write};

const STYLE: &str = include_str!("page.css");

/// Text of the data, safe inside markup.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A count with its thousands apart.
pub fn count(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<&str> = digits
        .as_bytes()
        .rchunks(3)
        .rev()
        .filter_map(|group| std::str::from_utf8(group).ok())
        .collect();
    groups.join("\u{202f}")
}

/// The whole page.
pub fn page(title: &str, eyebrow: &str, lead: &str, sections: &[String]) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{0}</title>\n\
         <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<p class=\"eyebrow\">{1}</p>\n\
         <h1>{0}</h1>\n<p class=\"lead\">{2}</p>\n{3}<footer>drawn by itom</footer>\n</main>\n</body>\n</html>\n",
        escaped(title),
        escaped(eyebrow),
        escaped(lead),
        sections.concat()
    )
}

/// Figures side by side: what, how much, and a remark.
pub fn facts(facts: &[(&str, String, String)]) -> String {
    let mut markup = "<dl class=\"facts\">".to_owned();
    for (name, figure, remark) in facts {
        let (name, figure, remark) = (escaped(name), escaped(figure), escaped(remark));
        let _ = write!(
            markup,
            "<div><dt>{name}</dt><dd><b>{figure}</b><span>{remark}</span></dd></div>"
        );
    }
    markup + "</dl>\n"
}

/// A section; `body` is markup.
pub fn section(title: &str, lead: &str, body: &[String]) -> String {
    let (title, lead) = (escaped(title), escaped(lead));
    format!(
        "<section><h2>{title}</h2>\n<p class=\"lead\">{lead}</p>\n{}</section>\n",
        body.concat()
    )
}

/// Two pieces of markup side by side.
pub fn pair(left: &str, right: &str) -> String {
    format!("<div class=\"pair\"><div>{left}</div><div>{right}</div></div>\n")
}

/// A table of text; the first column names the row.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let cells = |tag: &str, cells: &mut dyn Iterator<Item = &str>| -> String {
        cells.map(|cell| format!("<{tag}>{}</{tag}>", escaped(cell))).collect()
    };
    let mut markup = format!(
        "<div class=\"wide\"><table><thead><tr>{}</tr></thead><tbody>",
        cells("th", &mut head.iter().copied())
    );
    for row in rows {
        let _ = write!(markup, "<tr>{}</tr>", cells("td", &mut row.iter().map(String::as_str)));
    }
    markup + "</tbody></table></div>\n"
}

/// What the colours mean: class and words.
pub fn legend(entries: &[(&str, String)]) -> String {
    let entries: String = entries
        .iter()
        .map(|(class, words)| format!("<li class=\"{class}\"><i></i>{}</li>", escaped(words)))
        .collect();
    format!("<ul class=\"legend\">{entries}</ul>\n")
}

/// A picture under construction, with `left`, `right`, `top` and `bottom` around its plot.
struct Picture {
    markup: String,
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Picture {
    fn new(title: &str, width: f64, height: f64, left: f64) -> Picture {
        let title = escaped(title);
        let markup = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\" role=\"img\" aria-label=\"{title}\">\n"
        );
        Picture { markup, left, right: width - 14.0, top: 24.0, bottom: height - 30.0 }
    }

    fn text(&mut self, class: &str, x: f64, y: f64, text: impl Display) {
        let text = escaped(&text.to_string());
        let _ = writeln!(
            self.markup,
            "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{text}</text>"
        );
    }

    fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        let _ = writeln!(
            self.markup,
            "<line class=\"{class}\" x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\"/>",
            from.0, from.1, to.0, to.1
        );
    }

    fn rectangle(&mut self, class: &str, x: f64, y: f64, width: f64, height: f64, opacity: f64) {
        let _ = writeln!(
            self.markup,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" \
             height=\"{height:.1}\" rx=\"2\" fill-opacity=\"{opacity:.2}\"/>"
        );
    }

    /// A share's height in the plot.
    fn y(&self, share: f64) -> f64 {
        self.bottom - share.clamp(0.0, 1.0) * (self.bottom - self.top)
    }

    fn x(&self, share: f64) -> f64 {
        self.left + share.clamp(0.0, 1.0) * (self.right - self.left)
    }

    /// Lines at each quarter, in percent.
    fn percent_axis(&mut self, caption: &str) {
        self.text("tick", 0.0, 11.0, caption);
        for quarter in 0..=4 {
            let share = f64::from(quarter) / 4.0;
            let y = self.y(share);
            self.line("grid", (self.left, y), (self.right, y));
            self.text("tick end", self.left - 8.0, y + 4.0, format_args!("{}", quarter * 25));
        }
    }

    fn finish(self) -> String {
        self.markup + "</svg>\n"
    }
}

/// Columns of what was kept below what was broken, as counts, with the share kept above each.
pub fn columns(title: &str, caption: &str, columns: &[(String, u64, u64)]) -> String {
    let mut picture = Picture::new(title, 1120.0, 250.0, 52.0);
    let most = columns.iter().map(|(_, kept, broken)| kept + broken).max().unwrap_or(1).max(1);
    picture.text("tick", 0.0, 11.0, caption);
    for quarter in [0.0, 0.5, 1.0] {
        let y = picture.y(quarter * 0.9);
        picture.line("grid", (picture.left, y), (picture.right, y));
        let count = (most as f64 * quarter).round() as u64;
        picture.text("tick end", picture.left - 8.0, y + 4.0, count);
    }
    let step = (picture.right - picture.left) / columns.len().max(1) as f64;
    for (index, (name, kept, broken)) in columns.iter().enumerate() {
        let x = picture.left + step * (index as f64 + 0.16);
        let height = |count: u64| count as f64 / most as f64 * 0.9;
        let (low, high) = (picture.y(height(*kept)), picture.y(height(kept + broken)));
        let bottom = picture.bottom;
        picture.rectangle("bar kept", x, low, step * 0.68, bottom - low, 1.0);
        picture.rectangle("bar broken", x, high, step * 0.68, low - high, 1.0);
        let middle = picture.left + step * (index as f64 + 0.5);
        picture.text("tick middle", middle, bottom + 18.0, name);
        if kept + broken > 0 {
            let share = *kept as f64 / (kept + broken) as f64;
            picture.text("middle", middle, high - 6.0, format_args!("{:.0} %", share * 100.0));
        }
    }
    picture.finish()
}

/// A grid of shares, darker where higher; `ring` marks a cell. Cells hold a share for the colour and
/// the words inside.
pub fn grid(
    title: &str,
    rows: (&str, &[String]),
    columns: (&str, &[String]),
    cells: &[Vec<Option<(f64, String)>>],
    ring: Option<(usize, usize)>,
) -> String {
    let (width, high, left) = (1120.0, 26.0, 190.0);
    let mut picture = Picture::new(title, width, 52.0 + high * rows.1.len() as f64, left);
    let step = (picture.right - left) / columns.1.len().max(1) as f64;
    picture.text("tick", 0.0, 11.0, rows.0);
    picture.text("tick", left, 11.0, columns.0);
    for (column, name) in columns.1.iter().enumerate() {
        picture.text("tick middle", left + step * (column as f64 + 0.5), 30.0, name);
    }
    for (row, name) in rows.1.iter().enumerate() {
        let y = 38.0 + high * row as f64;
        picture.text("end", left - 12.0, y + 17.0, name);
        for (column, cell) in cells[row].iter().enumerate() {
            let x = left + step * column as f64;
            if let Some((share, words)) = cell {
                // Words have to be read on the darkest cell too.
                let shade = 0.55 * share;
                picture.rectangle("cell kept", x + 1.0, y + 1.0, step - 2.0, high - 2.0, shade);
                picture.text("small middle", x + step / 2.0, y + 17.0, words);
            }
            if ring == Some((row, column)) {
                picture.rectangle("ring", x + 1.0, y + 1.0, step - 2.0, high - 2.0, 0.0);
            }
        }
    }
    picture.finish()
}

/// A colour class and points: forecast, observed, count.
pub type Series<'a> = (&'a str, &'a [(f64, f64, u64)]);

/// What was forecast against what happened, a curve for each series.
pub fn reliability(title: &str, series: &[Series<'_>]) -> String {
    let mut picture = Picture::new(title, 520.0, 420.0, 44.0);
    picture.percent_axis("Breached, %");
    let bottom = picture.bottom;
    for quarter in 0..=4 {
        let x = picture.x(f64::from(quarter) / 4.0);
        picture.text("tick middle", x, bottom + 16.0, quarter * 25);
    }
    picture.text("tick end", picture.right, bottom + 28.0, "forecast, %");
    picture.line("dash", (picture.x(0.0), picture.y(0.0)), (picture.x(1.0), picture.y(1.0)));
    let most = series.iter().flat_map(|(_, points)| points.iter().map(|p| p.2)).max().unwrap_or(1);
    for (class, points) in series {
        let way: Vec<String> = points
            .iter()
            .map(|&(x, y, _)| format!("{:.1} {:.1}", picture.x(x), picture.y(y)))
            .collect();
        let _ = writeln!(picture.markup, "<path class=\"line {class}\" d=\"M{}\"/>", way.join("L"));
        for &(x, y, count) in *points {
            let radius = 2.5 + 6.0 * (count as f64 / most as f64).sqrt();
            let (x, y) = (picture.x(x), picture.y(y));
            let _ = writeln!(
                picture.markup,
                "<circle class=\"dot {class}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{radius:.1}\"/>"
            );
        }
    }
    picture.finish()
}

/// Horizontal bars: name, length as a share of the longest, words at its end.
pub fn bars(title: &str, class: &str, bars: &[(String, f64, String)]) -> String {
    let high = 26.0;
    let longest = bars.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
    let left = (7.4 * longest as f64 + 14.0).clamp(170.0, 230.0);
    let mut picture = Picture::new(title, 520.0, 12.0 + high * bars.len() as f64, left);
    let most = bars.iter().map(|bar| bar.1).fold(f64::MIN_POSITIVE, f64::max);
    for (index, (name, length, words)) in bars.iter().enumerate() {
        let y = 4.0 + high * index as f64;
        let width = (picture.right - 110.0 - picture.left) * length / most;
        picture.text("end", picture.left - 10.0, y + 16.0, name);
        picture.rectangle(&format!("bar {class}"), picture.left, y + 4.0, width, high - 9.0, 1.0);
        picture.text("tick", picture.left + width + 8.0, y + 16.0, words);
    }
    picture.finish()
}
