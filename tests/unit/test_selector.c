// SPDX-License-Identifier: GPL-2.0-only
/* DEV as people write it, and what can be no device */
#include <errno.h>

#include "selector.h"
#include "unit.h"

static const struct selector_case {
	const char *name;
	const char *text;
	int rc, kind;
	const char *full;
} cases[] = {
	{ "address", "0000:21:00.0", 0, SELECT_ADDRESS, "0000:21:00.0" },
	{ "short address", "21:00.0", 0, SELECT_ADDRESS, "0000:21:00.0" },
	{ "capital letters", "0000:AB:1F.7", 0, SELECT_ADDRESS,
	  "0000:ab:1f.7" },
	{ "long domain", "10000:e1:00.0", 0, SELECT_ADDRESS,
	  "10000:e1:00.0" },
	{ "serial", "serial:0x1", 0, SELECT_SERIAL },
	{ "serial, decimal", "serial:42", 0, SELECT_SERIAL },
	{ "ids", "8086:0d93", 0, SELECT_IDS },
	{ "ids and subsystem", "8086:0d93:1af4:1100", 0, SELECT_IDS },
	{ "path", "path:pci0000:20/*", 0, SELECT_PATH },
	{ "memdev", "mem0", 0, SELECT_MEMDEV },
	{ "slot", "7-1", 0, SELECT_SLOT },
	{ "slot called like no memdev", "memory", 0, SELECT_SLOT },

	{ "empty", "", -EINVAL },
	{ "device 32", "0000:21:20.0", -EINVAL },
	{ "function 8", "0000:21:00.8", -EINVAL },
	{ "text behind an address", "0000:21:00.0x", -EINVAL },
	{ "address with a sign", "0000:+1:00.0", -EINVAL },
	{ "serial with a sign", "serial:-1", -EINVAL },
	{ "serial with text behind", "serial:1z", -EINVAL },
	{ "serial beyond 64 bits", "serial:0x10000000000000000", -EINVAL },
	{ "serial alone", "serial:", -EINVAL },
	{ "three ids", "8086:0d93:1af4", -EINVAL },
	{ "five ids", "8086:0d93:1af4:1100:1", -EINVAL },
	{ "id of three digits", "808:0d93", -EINVAL },
	{ "id of five digits", "80860:0d93", -EINVAL },
	{ "path alone", "path:", -EINVAL },
	{ "path from the root", "path:/sys/devices", -EINVAL },
	{ "folder for a slot", "../etc", -EINVAL },
	{ "slot with a slash", "a/b", -EINVAL },
	{ "blank", " ", -EINVAL },
};

static void test_case(void **state)
{
	const struct selector_case *c = *state;
	struct selector sel;

	assert_int_equal(selector_parse(c->text, &sel), c->rc);
	if (c->rc)
		return;
	assert_int_equal(sel.kind, c->kind);
	assert_string_equal(sel.text, c->full ?: c->text);
	assert_int_equal(selector_lasts(&sel),
			 c->kind != SELECT_MEMDEV && c->kind != SELECT_SLOT);
}

static void test_values(void **state)
{
	struct selector sel;

	(void)state;
	assert_int_equal(selector_parse("8086:0d93:1af4:1100", &sel), 0);
	assert_int_equal(sel.ids.vendor, 0x8086);
	assert_int_equal(sel.ids.device, 0x0d93);
	assert_int_equal(sel.ids.subvendor, 0x1af4);
	assert_int_equal(sel.ids.subdevice, 0x1100);
	assert_true(sel.subsystem);
	assert_int_equal(selector_parse("8086:0d93", &sel), 0);
	assert_false(sel.subsystem);
	assert_int_equal(selector_parse("serial:0xffffffffffffffff", &sel), 0);
	assert_int_equal(sel.serial, UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest more[] = { cmocka_unit_test(test_values) };

	return RUN_CASES(cases, test_case, more);
}
