"""The words of ``docs/tuning.md``; :mod:`kiosk_agent.replay.tuning` fills in the tables."""

TEXT = """\
<!-- Generated from kiosk_agent/replay/. Do not edit: {command} -->

# Tuning: how signs add up, and trying it on a week

**Every figure on this page is from simulated weeks. Nothing was measured at a desk.** The simulation shows how the
settings trade one thing for another; how often people really walk away without logging out, nobody has published. So
record a week at your own desk, and replay it.

## The presets

`[policy] preset` in the [configuration](configuration.md#policy) sets all of these at once; each can be set otherwise
beside it, within the limits that hold for every desk (a warning of at least 20 seconds, at least ten extensions, and
what is certain under `standard` is certain everywhere). `kiosk-agent config check FILE` shows what comes of it. The
table is the one in [`policy.py`](../kiosk_agent/session/policy.py). *Certain* ends the session at once, *possible*
covers it and asks the support worker, *nothing* is written down.

{fusion}

## What they come to, simulated

{weeks} simulated weeks ({days} days, about 28 people a day, seed {seed}):

{presets}

- A **missed change**: the next person acted in a portal session that was not theirs. "of": so often somebody sat down
  at one that was alive and not covered.
- A **false alarm**: a warning, a question to the support worker or a forced logout while the right person was there. A
  person who fills in a paper form for four minutes makes several.
- **Exposure**: a portal session is alive and not covered, and its person is not there, whether anybody else is or not.

`standard` is what a desk has as installed. Which one is right for a desk is for whoever answers for it to say:
`strict` asks several times in each visit; `lenient` believes a card that is taken away to be a card that is put away.

## How they were chosen

What was tried, each under the weights of `standard`, on the same weeks:

{sweep}

The rules:

1. `strict`: the fewest missed changes; among those the least exposure.
2. `standard`: of all with at most {standard_bears} false alarms a day, one and a half for each person who comes, the
   fewest missed changes; among those the least of false alarms and exposure together, where a minute of exposure is
   held to be worth {worth} false alarms. Any worth from {least_worth} to {most_worth} takes the same.
3. `lenient`: the same, with at most {lenient_bears} false alarms a day, one for each person.

Differences of one or two missed changes in {weeks} weeks are chance. What the table does show: the gap after which only
the support worker's answer counts decides what is missed; the idle limit decides how long a session stands open, and
the warnings; asking about a card that was taken away costs a third of the false alarms of `standard` and saves a fifth
of its exposure. What was not tuned but judged, because it is too rare in a week: the other weights, and `challenge_s`.
The longer one of `lenient` gives a support worker on the phone more time while the screen is covered.

## What is assumed

Each is a constant in [`simulate.py`](../kiosk_agent/replay/simulate.py) or
[`people.py`](../kiosk_agent/replay/people.py), to be changed by whoever knows better. Two numbers are least and most;
below 1, a probability. {command} then writes this page anew; it takes about ten minutes.

{assumptions}

What the simulation leaves out: other portals' own habits, several desks that share a support worker, people who act on
purpose, senses that fail, forms that are held by the same-person guard.

## Recording a week

`[recording] events = true` in the [configuration](configuration.md#recording). The agent then writes one file a day
into `events` in its data folder: times and kinds, and nothing else. No account, not even its tag, no name of a person,
program, window or page, no address, no text: each line has a time and words from closed lists, and a test plants texts
into every event and looks for them in the file. Still it says when people came and went at one desk: keep it as you
would keep an attendance list, and delete it when it has served. It is off as installed. A disk that cannot be written
never disturbs the desk: the health warning `recording` says so, and what is lost is counted.

## Replaying it

```
kiosk-agent replay FILE... [--policy CONFIG | --preset NAME] [--json]
kiosk-agent replay --simulate WEEKS [--seed N] [--write FILE]
```

A folder stands for all recordings in it. The events go through the agent's own session machine, first under the policy
that they were recorded with, then under the other one, or under each preset; the outcomes stand side by side: warnings,
questions, forced logouts and why, on each day and in each hour. Of simulated weeks it also tells what was right and
what was wrong. Mistakes in a file are told with their line, and the exit status is 1.

What a replay cannot know, and what it assumes:

- The cover, the logout and the proof succeed, in the time that they usually take, and the support worker confirms after
  ten seconds.
- A question that was not asked in the recording is answered "the same person" after ten seconds if the recorded visit
  goes on after it, and not at all otherwise.
- When the other policy ends a visit early, the rest of it is left out: nobody knows what the person would have done.
- When a visit goes on where the recorded policy had ended it, nothing more is heard of it until the next "start"; then
  the support worker ends it first.
- Input outside the portal was only looked for while a session was on screen under the recorded policy.

## The file

Version 1. One JSON object a line, UTF-8. The first line, and the first of each further agent in the file, is a header:

```
{{"format":"kiosk-agent events","version":1,"agent":"0.1","began":"2026-04-06T08:55:00+09:00","policy":{{...}}}}
```

`policy` is what it was recorded under. In simulated files there is also `seed`. All others:

```
{{"t":312.4,"kind":"ChangeSignalled","word":"card_untellable"}}
```

`t`: seconds since the header, in tenths, never less than in the line before. `word`: only with the kinds that have one.

{kinds}

A last line that a power cut broke is removed when the agent writes on; in a copy of such a file, delete it.

## The figures of the check

{check_weeks} week of the same seed. A test measures these anew and compares them with this page, and applies the rules
to the table above, so that page and program cannot part:

{check}
"""
