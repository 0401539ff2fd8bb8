"""本人: what a person is told of themselves, on a platform's signed word that it is them (PIPL §44–46). Never a guess of the hub's."""
