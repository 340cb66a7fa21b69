# SPDX-License-Identifier: GPL-2.0-only
#
# KTAP of several programs, one after the other, as lines for people and as a
# table. Between them tests/run puts "@begin PROGRAM", "@end STATUS" and, last,
# "@host STATUS".
#
#   host      what the lines begin with
#   results   the file for the table
#   failures  the file for what failed, each with what was said just before

function line(text) {
	return sprintf("%-36s %s", host "/" program, text)
}

function show(text) {
	print line(text)
	fflush()
}

# The last words before a result tell why it is one.
function remember(text) {
	said[++words] = text
}

function note(result, name,   i) {
	printf "%s\t%s\t%s\t%s\n", host, program, result, name > results
	count[result]++
	if (result == "fail") {
		print line("not ok " name) > failures
		for (i = words > 6 ? words - 5 : 1; i <= words; i++)
			print "    " said[i] > failures
	}
	words = 0
}

function fail(why) {
	show("not ok " why)
	note("fail", why)
}

function result_line(result, text) {
	show(text)
	sub(/^(not )?ok [0-9]+ (- )?/, "", text)
	note(result, text)
	seen++
}

BEGIN {
	printf "" > results
	printf "" > failures
}

{
	sub(/\r$/, "")
}

/^@begin / {
	program = substr($0, 8)
	planned = -1
	seen = 0
	failed = count["fail"] + 0
	running = 1
	next
}

# Every program has to announce how many tests it has, and to run them all.
/^@end / {
	running = 0
	if (planned < 0 || seen != planned)
		fail("ended after " seen " tests of " \
		     (planned < 0 ? "?" : planned) ", status " $2)
	else if ($2 != 0 && $2 != 4 && count["fail"] + 0 == failed)
		fail("status " $2)
	program = ""
	next
}

/^@host / {
	if (running)
		fail("did not end")
	program = ""
	if ($2 != 0)
		fail("the host: status " $2)
	next
}

/^1\.\.[0-9]+/ {
	planned = (planned < 0 ? 0 : planned) + substr($1, 4)
	if (/# SKIP/) {
		seen--
		planned--
		sub(/.*# SKIP */, "")
		result_line("skip", "ok 0 all of it # SKIP " $0)
	}
	next
}

/^ok .*# SKIP/	{ result_line("skip", $0); next }
/^ok /		{ result_line("pass", $0); next }
/^not ok /	{ result_line("fail", $0); next }

# The harness's own story, which the results tell too
/^TAP version|^# Starting |^# *(RUN|OK|FAIL|SKIP|PASSED:|FAILED:|Totals:) /	{ next }
/^# [0-9]+ skipped test|^# .*: Test (failed|terminated)/			{ next }
/^(# *)?$|^# ok - /	{ next }

{
	show("    " $0)
	remember($0)
}
