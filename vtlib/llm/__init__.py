"""Language models: requests with budgets, named outcomes, replies that never raise, and what they
cost.

For: notebooks 04 to 06, `vt analyze videos`, `vt analyze compare`, `vt script adapt`, `vt costs`.
Owns: tables analyses, analysis_checks, analysis_claims, analysis_choices, analysis_corrections,
model_calls; YAML sections `gemini` and `money`; the prompts in `prompts/`, the price table
`prices.yaml`.
Entry points: `client.Gemini` (google-genai), `session` (a client within a project's limits),
`text_questions.ask`, `records` (outcomes as rows), `costs`.
Files: `question`, `schema`, `malformed`, `outcomes` are pure; `budget`, `token_estimate`, `prices`
say what a call may cost; `retries`, `failures`, `replies`, `transport`, `files` are the edge to the
service.
"""
