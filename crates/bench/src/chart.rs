//! Bar charts as SVG for light and dark pages.

use std::fmt::Write;

use crate::figures::Spread;

/// A bar. Its length is the median, a thin line shows the spread.
#[derive(Debug)]
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) value: Spread,
    /// True if it is one of our programs, which have another colour.
    pub(crate) ours: bool,
}

/// A group of bars with the same unit.
#[derive(Debug)]
pub(crate) struct Panel {
    pub(crate) title: String,
    pub(crate) bars: Vec<Bar>,
}

/// Width of the image in pixels, as all lengths here.
const WIDTH: f64 = 760.0;
/// Margin around the bars.
const MARGIN: f64 = 20.0;
/// Width of the column of names.
const NAMES: f64 = 120.0;
/// Width of the column of figures after the bars.
const FIGURES: f64 = 90.0;
/// Distance between bars.
const ROW: f64 = 28.0;
/// Height of a bar.
const BAR: f64 = 18.0;
/// Height of a title.
const TITLE: f64 = 40.0;

/// Factor of the overall median above which a bar is cut, so that the other bars stay distinguishable.
const LONGEST: f64 = 4.0;

/// Style sheet of the image.
const STYLE: &str = "\
    .page { fill: #ffffff }
    .ours { fill: #2f6fb0 } .other { fill: #b6bec8 }
    .spread { stroke: #1f2328; stroke-width: 1.5; fill: none }
    .cut { fill: #ffffff }
    text { fill: #1f2328 }
    .title { font-weight: 600 }
    .end { text-anchor: end }
    @media (prefers-color-scheme: dark) {
      .page { fill: #0d1117 } .cut { fill: #0d1117 }
      .ours { fill: #79b8ff } .other { fill: #4a525d }
      .spread { stroke: #e6edf3 }
      text { fill: #e6edf3 }
    }
";

/// Draws the panels below each other.
pub(crate) fn svg(panels: &[Panel]) -> String {
    let height: f64 = panels
        .iter()
        .map(|panel| TITLE + ROW * panel.bars.len() as f64)
        .sum();
    let height = height + MARGIN;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\" \
         font-family=\"system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif\" font-size=\"14\">\n\
         <style>\n{STYLE}</style>\n\
         <rect class=\"page\" width=\"{WIDTH}\" height=\"{height}\" rx=\"8\"/>\n"
    );
    let mut top = 0.0;
    for panel in panels {
        push_panel(&mut text, panel, top);
        top += TITLE + ROW * panel.bars.len() as f64;
    }
    text + "</svg>\n"
}

fn push_panel(text: &mut String, panel: &Panel, top: f64) {
    line(
        text,
        format!(
            "<text class=\"title\" x=\"{MARGIN}\" y=\"{:.0}\">{}</text>",
            top + TITLE - 14.0,
            escape(&panel.title)
        ),
    );
    let medians: Vec<f64> = panel.bars.iter().map(|bar| bar.value.median).collect();
    let longest = LONGEST * crate::figures::median(&medians);
    let most = panel.bars.iter().map(|bar| bar.value.max.min(longest));
    let most = most.fold(f64::MIN_POSITIVE, f64::max);
    let scale = (WIDTH - NAMES - FIGURES - 2.0 * MARGIN) / most;
    for (index, bar) in panel.bars.iter().enumerate() {
        push_bar(text, bar, top + TITLE + ROW * index as f64, scale, most);
    }
}

fn push_bar(text: &mut String, bar: &Bar, top: f64, scale: f64, most: f64) {
    let Spread {
        median,
        min: least,
        max: largest,
    } = bar.value;
    let start = MARGIN + NAMES;
    let (middle, baseline) = (top + BAR / 2.0, top + BAR - 4.0);
    let at = |value: f64| start + value.min(most) * scale;
    let class = if bar.ours { "ours" } else { "other" };
    let name = escape(&bar.name);
    line(
        text,
        format!(
            "<text class=\"end\" x=\"{:.0}\" y=\"{baseline:.0}\">{name}</text>",
            start - 10.0
        ),
    );
    line(
        text,
        format!(
            "<rect class=\"{class}\" x=\"{start:.1}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"{BAR}\" rx=\"2\"/>",
            at(median) - start
        ),
    );
    if median > most {
        // A gap shows that the bar is longer than drawn.
        let (x, bottom) = (at(most) - 40.0, top + BAR);
        let shape = format!("M{x:.0},{bottom} l6,-{BAR} h8 l-6,{BAR} z");
        line(text, format!("<path class=\"cut\" d=\"{shape}\"/>"));
    } else if largest > least {
        let (from, to) = (at(least), at(largest));
        let ends = format!(
            "M{from:.1},{:.1} v6 M{to:.1},{:.1} v6",
            middle - 3.0,
            middle - 3.0
        );
        let shape = format!("M{from:.1},{middle:.1} H{to:.1} {ends}");
        line(text, format!("<path class=\"spread\" d=\"{shape}\"/>"));
    }
    let digits = if median >= 20.0 { 0 } else { 2 };
    let x = at(median.max(largest)) + 8.0;
    line(
        text,
        format!("<text x=\"{x:.0}\" y=\"{baseline:.0}\">{median:.digits$}</text>"),
    );
}

fn line(text: &mut String, element: String) {
    writeln!(text, "{element}").expect("writing to a string cannot fail");
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn panel(values: &[f64]) -> Panel {
        let bar = |&value: &f64| Bar {
            name: format!("<{value}>"),
            value: Spread::of(&[value, value * 1.1]).unwrap(),
            ours: value < 2.0,
        };
        Panel {
            title: "seconds & more".to_owned(),
            bars: values.iter().map(bar).collect(),
        }
    }

    #[test]
    fn bars_show_their_name_and_figure() {
        let text = svg(&[panel(&[1.0, 2.5])]);
        assert!(text.contains("seconds &amp; more"), "{text}");
        for (name, figure) in [("&lt;1>", ">1.00<"), ("&lt;2.5>", ">2.50<")] {
            assert!(text.contains(name) && text.contains(figure), "{text}");
        }
        assert_eq!(text.matches("class=\"spread\"").count(), 2);
    }

    #[test]
    fn a_very_long_bar_is_cut_and_shows_its_figure() {
        let text = svg(&[panel(&[1.0, 1.5, 2.0, 90.0])]);
        assert_eq!(text.matches("class=\"cut\"").count(), 1);
        assert!(text.contains(">90<"), "{text}");
    }
}
