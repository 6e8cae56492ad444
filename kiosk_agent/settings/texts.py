"""What each setting means, as the documentation and the JSON Schema say it; Markdown."""

from __future__ import annotations

# What stands in place of a default that is no value.
NO_VALUE = {
    "profile": "must be given",
    "desk.data_dir": "the user's own",
    "desk.languages": "all of them",
    "browser.executable": "the first found",
    "browser.proxy": "the system's",
    "supervision.release_code_hash": "none",
    "central.url": "none",
    "central.proxy": "the system's",
    "central.ca": "none",
}
MEANING = {
    "profile": "The portal's profile: see [profiles.md](profiles.md).",
    "desk.name": 'The desk\'s name, shown at the gate: `"市民課 3番"`.',
    "desk.language": (
        "In which each visit begins; one of the languages below. Support workers read English where it "
        'is `"en"`, otherwise Japanese.'
    ),
    "desk.data_dir": (
        "Where ledger and status are kept: `%LOCALAPPDATA%\\kiosk-agent` on Windows, "
        "`~/.local/share/kiosk-agent` on Linux."
    ),
    "desk.languages": (
        'Which languages the language button offers, in this order, the desk\'s own among them: `["ja", '
        '"ja-easy", "en", "zh"]`. With one alone there is no button.'
    ),
    "desk.sound": (
        "A short, quiet sound when the warning appears: on Linux by `pw-play`, `paplay` or `aplay`, "
        "whichever is there. A PC that can play none shows the warning all the same."
    ),
    "browser.executable": "The browser's program. Otherwise Edge, Chrome, Chromium, in this order.",
    "browser.window": 'The visit\'s window: `"normal"`, `"maximized"` or `"fullscreen"`.',
    "browser.headless": "Without a display, for tests. Nothing is guarded on screen.",
    "browser.proxy": '`"http://proxy.example:8080"`; also `https://` and `socks5://`.',
    "residue.print_jobs": (
        "Print jobs that the desk's user has sent during the visit and that are still waiting or being "
        "printed are taken out of the queue, and what the print system keeps of the others. `false`: "
        "where staff print under the same user while a resident is there."
    ),
    "hotkey.end_visit": ('The support worker\'s "next person": ends the visit, whatever has the focus. `""` for none.'),
    "senses.card.enabled": "`false` for a desk without a card reader; otherwise a missing one is a warning.",
    "senses.card.reader": (
        "A part of the name of the reader that counts, where others are attached that residents do not "
        'use. `""`: all count.'
    ),
    "senses.card.compare_certificate": (
        "Compare the user-authentication certificates of My Number Cards. Restricted by law: read "
        "[senses.md](senses.md#card) first."
    ),
    "senses.os_session.enabled": (
        "Notice locked screens, other users, suspend and the end of the operating system's session: see "
        "[senses.md](senses.md#os_session)."
    ),
    "senses.input.enabled": (
        "Notice when the PC is used outside the portal, never what for: see "
        "[senses.md](senses.md#input). Its gap is `policy.gap_s`."
    ),
    "senses.browsers.action": (
        'A browser beside the agent: `"ignore"`, `"report"` (health, ledger, and a sign for the '
        'visit) or `"close"`: reported, and closed after people at the desk were told.'
    ),
    "senses.browsers.close_after_s": (
        'Seconds from the notice to the end of the browser. The notice covers the screen, and "close it '
        'now" ends it at once.'
    ),
    "senses.browsers.remote_control": (
        'TeamViewer, AnyDesk, VNC, Quick Assist, Remote Desktop and others: `"ignore"` or '
        '`"report"`. They are never closed.'
    ),
    "supervision.hang_limit_s": (
        "Seconds without a sign of life from the agent, before the supervisor covers the screen, ends "
        "agent and browser, and starts again."
    ),
    "supervision.release_code_hash": (
        "Who may release a held desk: the line that `kiosk-agent config release-code` prints after it "
        "was told a code twice. The file holds no code, only its scrypt hash (RFC 7914). Without it "
        "anybody at the desk can release it, and `doctor` says so."
    ),
    "recording.events": "Record it, one file a day, in the folder `events` of the data folder.",
    "recording.keep_days": "Older files are removed.",
    "recording.max_mib": (
        "All files together, in MiB: the oldest are removed first. When the day's own file is as large, "
        "recording ends for the day, and the health warning `recording` says so."
    ),
    "central.url": (
        'Its address: `"https://central.example"`. With `http://` whoever can listen on the network '
        "reads the desk's token."
    ),
    "central.proxy": (
        '`"http://proxy.example:8080"`, or `"direct"` for none. A proxy that asks for a password is not supported.'
    ),
    "central.ca": (
        "A file in PEM with certificates of your own authorities. They are trusted beside those of the "
        "operating system."
    ),
    "policy.preset": (
        '`"strict"`, `"standard"` or `"lenient"`: sets `idle_limit_s`, `gap_s`, '
        "`card_absent_grace_s`, `challenge_s` and the weights. The table, and what each comes to in "
        "simulated weeks: [tuning.md](tuning.md)."
    ),
    "policy.idle_limit_s": ("Without input in the portal, before the warning. Longer than 15 minutes protects nobody."),
    "policy.warning_s": "To answer the warning. At least 20 seconds: WCAG 2.2, 2.2.1.",
    "policy.max_visit_s": (
        "The longest visit. The national portal's own idle limit is an hour. At least `idle_limit_s` + `warning_s`."
    ),
    "policy.max_extensions": ('How often "go on" may be answered in a visit. At least ten times: WCAG 2.2, 2.2.1.'),
    "policy.gap_s": (
        "Without input in the portal, after which only the support worker's answer counts: somebody else "
        "may have sat down."
    ),
    "policy.challenge_s": "For the support worker to say whether it is still the same person.",
    "policy.card_absent_grace_s": (
        "How long a card may be off the reader while somebody is signed in; then it counts as `card_removed`."
    ),
    "policy.card_wait_s": (
        "For the same card to be put on the reader again before a form is sent, where the profile asks for it."
    ),
    "policy.open_limit_s": "For the visit's browser to come up.",
    "policy.record_limit_s": "For an entry of the ledger to be durable; then the desk is held.",
    "policy.shield_limit_s": "For the cover to come up; then the browser is destroyed uncovered.",
    "policy.logout_limit_s": (
        "For the portal's own logout and the check in the same browser. Give it more than the profile's "
        "`logout.timeout_s`."
    ),
    "policy.destroy_limit_s": "For the visit's browser to be gone; then the desk is held.",
    "policy.residue_limit_s": (
        "For downloads, clipboard, print jobs and temporary files to be removed and looked for again."
    ),
    "policy.proof_limit_s": ("For the proof; then the logout counts as unproven and is tried again in the background."),
    "policy.mark": ('What the support worker signs a confirmation with: `"none"`, `"initials"` or `"staff_number"`.'),
    "policy.mandatory_senses": (
        'Without one of these the desk is held, and a visit ends, until it works again: `"hotkey"`, '
        '`"tray"`, `"card"`, `"os_session"`, `"input"`, `"browsers"`. A sense that is switched '
        "off cannot be mandatory."
    ),
    "policy.weights.next_person": 'the support worker says so: gate, tray, hotkey, or "no, somebody else"',
    "policy.weights.account_different": "the portal shows another account in the same visit",
    "policy.weights.card_different": "another card is put on the reader",
    "policy.weights.card_untellable": ("a card is put on the reader, and it cannot be told whether it is the same"),
    "policy.weights.card_removed": "the card is taken away while the session goes on",
    "policy.weights.os_locked": "the PC was locked",
    "policy.weights.os_user_changed": "another user of the operating system is at the screen",
    "policy.weights.return_after_gap": "input after a long pause, in the portal or beside it",
    "policy.weights.input_elsewhere": ("somebody is signed in, and for ten seconds the PC is used but not the portal"),
    "policy.weights.resumed": "the PC was asleep",
    "policy.weights.foreign_window_closed": ("a window outside the visit was opened, and closed again by the agent"),
    "policy.weights.foreign_window_stuck": "such a window could not be closed",
    "policy.weights.foreign_browser": ("a browser is started beside the visit, or ran already when the visit began"),
    "policy.weights.remote_control": (
        "somebody outside is connected to this PC, or a program runs of which nobody can tell"
    ),
}
