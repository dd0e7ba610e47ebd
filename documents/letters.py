"""The documents the fund makes: data in, one accessible PDF out (PDF/UA-1 and PDF/A-2a), the same bytes for the same data.

    pdf = letters.render("award_letter", {"head": letters.letterhead(fund, contact=user), "number": "FI-2026-0042", …})
    file = documents.services.issue(pdf, name="…", organisation=…, by=…)

Nothing of a user is ever compiled: the data travels as JSON, Typst shows it as text. Values may be text, whole
numbers, dates (« 22 novembre 2026 »), datetimes (« 22 novembre 2026 à 17 h 30 », Paris), lists and dictionaries of them.
A key that ends in `_cents` (int) is shown in figures and in words where the document wants both; one in `_bp` is a
rate (6250: « 62,5 % »). `None` and missing optional keys leave their line out. A missing required key is a KeyError, an
unknown one a TypeError: a letter never leaves with a hole. Texts of several paragraphs are cut at blank lines.

Every document
| key | |
|---|---|
| head | `letterhead(fund, contact=…)`: authority, fund, service, address, place, court, contact_name, contact_email, contact_phone |
| number | public number of the file, « FI-2026-0042 » |
| date | date or datetime of the document; also the time stamped in the PDF |
| recipient? | address block, one text per line: ["Monsieur le Maire", "Hôtel de ville", "13400 Aubagne"] |
| salutation? | « Monsieur le Maire »; « Madame, Monsieur » when absent |
| commune, title | name of the commune, title of the action (all but weekly_report) |

receipt (accusé de réception; no recipient block is needed)
| call_title | title of the call |
| submitted_at | datetime |
| submitted_by | « Hélène Roustan, maire » |
| requested_cents, eligible_cents?, total_cents? | |
| documents | [{label, name, size (bytes), sha256}]; may be empty |
| fingerprint | SHA-256 of the snapshot |
| answer_by | date at which silence means refusal |
| next_steps? | [text]; usual steps when absent |

award_letter
| year | year of the call |
| act_number, act_date | |
| amount_cents, requested_cents | |
| eligible_cents?, rate_bp? | « soit 54,7 % du coût retenu (18 275,00 €) » |
| instalments | [{label, amount_cents, when?}] |
| reasons | text; why this amount |
| duties? | [text]; usual duties when absent |
| report_due_on? | date |
| signatory | {name, capacity} |
| signed_at | datetime |
| fingerprint? | SHA-256 shown at the foot |

refusal_letter: year, act_number, act_date, requested_cents, reasons, signatory, signed_at, fingerprint?
waitlist_letter: the same, and rank? (int), until? (date after which the list is no longer used)
inadmissibility_letter: year, requested_cents?, reasons, rule? (the rule of the call, quoted), signatory {name, capacity}, act_number?, act_date?, signed_at?, fingerprint?

piece_request
| items | [text or {label, note?}] |
| reason | text |
| due_on | date |
| answer_by? | date the commune would have its answer without this request |
| link? | address of the page where one answers |
| signatory | {name, capacity} of who asks |

weekly_report (no number, commune, title)
| week_from, week_to | dates |
| year | |
| figures | [{label, value, note?}]: 3 to 6 key figures, values already written |
| envelope | {voted_cents, paid_cents, committed_cents, proposed_cents, available_cents} |
| states | [{label, count}]: files by state, in order; drawn as bars and given as a table |
| tables? | [{title, columns: [text], rows: [[text]], numeric?: [column numbers]}] |
| notes? | [text]: what to look at |
"""
