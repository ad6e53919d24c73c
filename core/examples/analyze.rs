//! One message, and everything that the engine says of it.
//!
//! ```sh
//! cargo run --release -p frontdesk --example analyze
//! ```

use frontdesk::{CustomerHistory, Engine, EngineOptions, Route, Ticket, Urgency};

pub fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Opening checks the model's files and starts the threads: once for a program, not once for a message.
    let engine = Engine::open(EngineOptions::default())?;
    let ticket = Ticket {
        id: Some("T-17".to_owned()),
        urgency: Some(Urgency::High),
        customer_history: Some(CustomerHistory {
            previous_issues: vec!["The proof had the wrong colors".to_owned()],
            preferred_channel: Some(Route::LiveChat),
            successful_channels: vec![Route::LiveChat],
        }),
        ..Ticket::new("The colors are wrong again, please fix them today")
    };
    let analysis = engine.analyze(&ticket)?;

    if let Some(sentiment) = &analysis.sentiment {
        println!(
            "sentiment  {} ({:.2}), urgency {} in 10, frustration {:.2}",
            sentiment.sentiment, sentiment.score, sentiment.urgency_level, sentiment.emotions.frustration
        );
    }
    if let Some(category) = &analysis.category {
        for label in &category.labels {
            println!("category   {:<9} {:.3}", label.label, label.score);
        }
    }
    if let Some(route) = &analysis.route {
        println!("route      {} ({:.2}): {}", route.recommended_route, route.confidence, route.reasoning);
        for contribution in &route.contributions {
            println!("           {:<15} {:+.2}", contribution.feature, contribution.effect);
        }
    }
    // The scores above are there all the same; these are the outputs to leave to a person.
    for abstain in &analysis.abstain {
        println!("not sure   of the {}: {}", abstain.output, abstain.reason);
    }
    let model = &analysis.model;
    println!("{} tokens, {} version {}", analysis.usage.tokens, model.name, model.version);
    if analysis.id != ticket.id {
        return Err("the analysis is of another ticket".into());
    }
    Ok(())
}
