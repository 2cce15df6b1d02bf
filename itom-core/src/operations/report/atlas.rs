//! The picture of the service map: who depends on whom, the cause, its path, the impact.

use std::collections::BTreeMap;

use super::label::{Escaped, shortened};
use super::map::{Layout, NODE_HEIGHT, Placed, place};
use super::picture::{Picture, Px};
use super::{Report, Role, ServiceMap};

/// The width pictures are made for.
pub(super) const WIDTH: f64 = 1240.0;

impl Role {
    /// The role in one word.
    pub(super) fn word(self) -> &'static str {
        match self {
            Role::Cause => "cause",
            Role::Symptom => "symptom",
            Role::Alerting => "alerting",
            Role::Impacted => "impacted",
            Role::Healthy => "healthy",
        }
    }
}

/// The role of each item on the map.
pub(super) fn roles(map: &ServiceMap) -> BTreeMap<&str, Role> {
    map.nodes.iter().rev().map(|node| (node.id.as_str(), node.role)).collect()
}

/// The drawn map.
pub(super) struct Atlas {
    pub(super) picture: String,
    /// Items and dependencies that are not drawn.
    pub(super) hidden: usize,
    pub(super) hidden_edges: usize,
    /// Whether it is wider than a page.
    pub(super) deep: bool,
}

/// Draws the map; deep ones get wider than a page instead of illegible.
pub(super) fn draw(report: &Report) -> Atlas {
    let map = &report.map;
    let layout = place(map, WIDTH);
    let hidden = map.nodes.len() - layout.nodes.len();
    let about = format!(
        "{} items, {} dependencies. Arrows point from an item to what it depends on.",
        layout.nodes.len(),
        layout.routes.len()
    );
    let size = (layout.width, layout.height);
    let mut picture = Picture::new("map", size, "Service map", &about);
    markers(&mut picture);
    // Quiet edges first, so that the path lies on top.
    for on_path in [false, true] {
        for route in layout.routes.iter().filter(|route| map.edges[route.edge].on_path == on_path) {
            edge(&mut picture, map, route.edge, &route.points);
        }
    }
    for placed in &layout.nodes {
        node(&mut picture, map, placed, &layout);
    }
    Atlas {
        picture: picture.finish(),
        hidden,
        hidden_edges: layout.hidden_edges,
        deep: layout.width > WIDTH + 60.0,
    }
}

fn markers(picture: &mut Picture) {
    for name in ["arrow", "arrow-path"] {
        picture.add(format_args!(
            "<marker id=\"{name}\" class=\"{name}\" viewBox=\"0 0 8 8\" refX=\"7.5\" refY=\"4\" \
             markerWidth=\"8\" markerHeight=\"8\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">\
             <path d=\"M0 .8 8 4 0 7.2Z\"/></marker>\n"
        ));
    }
}

fn edge(picture: &mut Picture, map: &ServiceMap, index: usize, points: &[(f64, f64)]) {
    let edge = &map.edges[index];
    let mut way = String::new();
    for (step, pair) in points.windows(2).enumerate() {
        let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
        if step == 0 {
            way.push_str(&format!("M{} {}", Px(x0), Px(y0)));
        }
        if (y0 - y1).abs() < 0.05 {
            way.push_str(&format!("L{} {}", Px(x1), Px(y1)));
        } else {
            let middle = Px((x0 + x1) / 2.0);
            way.push_str(&format!(
                "C{middle} {} {middle} {} {} {}",
                Px(y0),
                Px(y1),
                Px(x1),
                Px(y1)
            ));
        }
    }
    let (class, marker) =
        if edge.on_path { ("edge path", "arrow-path") } else { ("edge", "arrow") };
    let (consumer, provider) = (Escaped(&edge.consumer), Escaped(&edge.provider));
    picture.add(format_args!(
        "<path class=\"{class}\" d=\"{way}\" marker-end=\"url(#{marker})\">\
         <title>{consumer} depends on {provider}</title></path>\n"
    ));
}

fn node(picture: &mut Picture, map: &ServiceMap, placed: &Placed, layout: &Layout) {
    let node = &map.nodes[placed.node];
    let (left, top, width) = (placed.left, placed.middle - NODE_HEIGHT / 2.0, layout.node_width);
    let role = node.role.word();
    picture.add(format_args!(
        "<g class=\"role node {role}\"><title>{} ({}): {role}{}{}</title>\
         <rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"7\"/>\n",
        Escaped(&node.id),
        Escaped(&node.class),
        if node.impact.is_empty() { "" } else { ", expected impact: " },
        Escaped(&node.impact),
        Px(left),
        Px(top),
        Px(width),
        Px(NODE_HEIGHT)
    ));
    let healthy = node.role == Role::Healthy;
    let text = left + if healthy { 11.0 } else { 28.0 };
    if !healthy {
        mark(picture, node.role, left + 15.0, placed.middle);
    }
    let characters = ((left + width - 5.0 - text) / 6.8) as usize;
    let (name, class) = (shortened(&node.id, characters), shortened(&node.class, characters + 2));
    picture.text("name", text, placed.middle - 2.0, &name);
    picture.text("class", text, placed.middle + 11.0, &class);
    if matches!(node.role, Role::Cause | Role::Symptom) {
        picture.text(
            "tag",
            left + 2.0,
            top - 6.0,
            if node.role == Role::Cause { "LIKELY CAUSE" } else { "SYMPTOM" },
        );
    }
    picture.add(format_args!("</g>\n"));
}

/// The shape of a role, so that it can be told without colour.
pub(super) fn mark(picture: &mut Picture, role: Role, x: f64, y: f64) {
    let at = |dx: f64, dy: f64| format!("{} {}", Px(x + dx), Px(y + dy));
    match role {
        Role::Cause => picture.add(format_args!(
            "<path class=\"mark\" d=\"M{}L{} {} {}Z\"/>\n",
            at(0.0, -6.5),
            at(6.5, 0.0),
            at(0.0, 6.5),
            at(-6.5, 0.0)
        )),
        Role::Symptom => picture.add(format_args!(
            "<path class=\"mark\" d=\"M{}L{} {}Z\"/>\n",
            at(0.0, -6.0),
            at(6.5, 5.0),
            at(-6.5, 5.0)
        )),
        Role::Alerting => picture.add(format_args!(
            "<circle class=\"mark\" cx=\"{}\" cy=\"{}\" r=\"5\"/>\n",
            Px(x),
            Px(y)
        )),
        Role::Impacted => picture.add(format_args!(
            "<circle class=\"mark hollow\" cx=\"{}\" cy=\"{}\" r=\"4.5\"/>\n",
            Px(x),
            Px(y)
        )),
        Role::Healthy => picture.add(format_args!(
            "<circle class=\"mark\" cx=\"{}\" cy=\"{}\" r=\"2\"/>\n",
            Px(x),
            Px(y)
        )),
    }
}

/// The key to the map's shapes and colours, as a list.
pub(super) fn legend() -> String {
    let mut list = String::from("<ul class=\"legend\">\n");
    let roles = [
        (Role::Cause, "likely cause"),
        (Role::Symptom, "symptom: where it shows"),
        (Role::Alerting, "has an alert of its own"),
        (Role::Impacted, "expected to be hit"),
        (Role::Healthy, "neighbour, fine"),
    ];
    for (role, meaning) in roles {
        list.push_str(&format!("<li>{}{meaning}</li>\n", icon(role)));
    }
    list.push_str(
        "<li><svg class=\"icon wide\" viewBox=\"0 0 28 16\" width=\"28\" height=\"16\" \
         aria-hidden=\"true\"><path class=\"edge path\" d=\"M1 8H21\" \
         marker-end=\"url(#arrow-path)\"/></svg>path from symptom to cause</li>\n\
         <li><svg class=\"icon wide\" viewBox=\"0 0 28 16\" width=\"28\" height=\"16\" \
         aria-hidden=\"true\"><path class=\"edge\" d=\"M1 8H21\" marker-end=\"url(#arrow)\"/>\
         </svg>depends on</li>\n</ul>\n",
    );
    list
}

/// A role's mark as a small picture beside text.
pub(super) fn icon(role: Role) -> String {
    let mut mark_only = Picture::bare();
    mark(&mut mark_only, role, 8.0, 8.0);
    format!(
        "<svg class=\"icon\" viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" aria-hidden=\"true\">\
         <g class=\"role {}\">{}</g></svg>",
        role.word(),
        mark_only.markup()
    )
}
