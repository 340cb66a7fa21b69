// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command itself, on a sysfs of files: what it says, in text and in JSON,
 * what it writes where, and that thousands of devices are no trouble.
 */
#include <json-c/json.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mock.h"
#include "unit.h"

#define MANY 4096

static char output[8 << 20];

/* Its words on stdout are in output then; returns its exit code */
__attribute__((format(printf, 1, 2)))
static int run(const char *fmt, ...)
{
	const char *command = getenv("PRESIZE_COMMAND");
	char line[512];
	size_t len;
	va_list args;
	FILE *from;
	int at = snprintf(line, sizeof(line), "%s ", command);

	va_start(args, fmt);
	vsnprintf(line + at, sizeof(line) - at, fmt, args);
	va_end(args);
	from = popen(line, "r");
	assert_non_null(from);
	len = fread(output, 1, sizeof(output) - 1, from);
	output[len] = 0;
	return WEXITSTATUS(pclose(from));
}

/* The whole of the output is one document, of the schema that is known */
static struct json_object *parsed(void)
{
	enum json_tokener_error error;
	struct json_object *document =
		json_tokener_parse_verbose(output, &error);
	struct json_object *schema;

	assert_int_equal(error, json_tokener_success);
	assert_true(json_object_object_get_ex(document, "schema", &schema));
	assert_int_equal(json_object_get_int(schema), 1);
	return document;
}

static struct json_object *member(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no key %s in %s", key,
			 json_object_to_json_string(object));
	return value;
}

static const char *text_of(struct json_object *object, const char *key)
{
	return json_object_get_string(member(object, key));
}

static void assert_says(const char *text)
{
	if (!strstr(output, text))
		fail_msg("'%s' is not in:\n%s", text, output);
}

static int begin(void **state)
{
	(void)state;
	mock_begin();
	for (int i = 0; i < 3; i++)
		mock_device(i);
	mock_window(0);
	mock_window(1);
	return 0;
}

static int end(void **state)
{
	(void)state;
	mock_end();
	return 0;
}

static int begin_empty(void **state)
{
	(void)state;
	mock_begin();
	return 0;
}

static int begin_many(void **state)
{
	(void)state;
	mock_begin();
	if (getenv("UNDER_VALGRIND"))
		return 0;
	/* against the order in which they are to be told */
	for (int i = MANY; i--; )
		mock_device(i);
	return 0;
}

static void test_empty(void **state)
{
	struct json_object *document;

	(void)state;
	assert_int_equal(run("list 2>/dev/null"), 0);
	assert_string_equal(output, "");
	assert_int_equal(run("list --json"), 0);
	document = parsed();
	assert_int_equal(json_object_array_length(member(document, "devices")),
			 0);
	json_object_put(document);
	assert_int_equal(run("map --json"), 0);
	json_object_put(parsed());
}

static void test_list(void **state)
{
	struct json_object *document, *devices, *device;

	(void)state;
	mock_link("../../../bus/pci/drivers/cxl_pci",
		  "sys/devices/pci0000:01/0000:01:00.0/driver");
	mock_file("0x20000000\n", "sys/devices/pci0000:01/0000:01:00.0/cxl_region/size");
	assert_int_equal(run("list"), 0);
	assert_says("0000:01:00.0");
	assert_says("Intel Corporation");
	assert_says("512M");
	assert_int_equal(run("list --json"), 0);
	document = parsed();
	devices = member(document, "devices");
	assert_int_equal(json_object_array_length(devices), 3);
	device = json_object_array_get_idx(devices, 1);
	assert_string_equal(text_of(device, "address"), "0000:01:00.0");
	assert_string_equal(text_of(device, "driver"), "cxl_pci");
	assert_string_equal(text_of(device, "serial"), "0x2");
	assert_string_equal(text_of(device, "size_max_source"), "cdat");
	assert_int_equal(json_object_get_uint64(member(device, "size")),
			 512 << 20);
	assert_null(member(device, "region"));
	json_object_put(document);
}

/* Each way to say which device, and the ways that mean none or several */
static void test_select(void **state)
{
	static const char *const ways[] = {
		"0000:02:00.0", "02:00.0", "serial:3", "serial:0x3",
		"path:pci0000:02/*", "mem7",
	};

	(void)state;
	mock_file("", "sys/devices/pci0000:02/0000:02:00.0/mem7/uevent");
	mock_file("0000:02:00\n", "sys/bus/pci/slots/upper-2/address");
	assert_int_equal(run("show upper-2"), 0);
	assert_says("0000:02:00.0");
	for (size_t i = 0; i < ARRAY_SIZE(ways); i++) {
		assert_int_equal(run("show %s", ways[i]), 0);
		assert_says("0000:02:00.0");
	}
	assert_int_equal(run("show --json 8086:0d93 2>/dev/null"), 1);
	assert_says("0000:00:00.0, 0000:01:00.0, 0000:02:00.0");
	assert_int_equal(run("show --json 8086:0d94 2>/dev/null"), 1);
	assert_int_equal(run("show --json serial:77 2>/dev/null"), 1);
	json_object_put(parsed());
}

static void test_set(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(run("set 00:00.0 50%%"), 0);
	mock_read("sys/devices/pci0000:00/0000:00:00.0/cxl_region/size", text,
		  sizeof(text));
	assert_string_equal(text, "0x20000000");
	assert_int_equal(run("unset 00:00.0"), 0);
	mock_read("sys/devices/pci0000:00/0000:00:00.0/cxl_region/size", text,
		  sizeof(text));
	assert_memory_equal(text, "0", 1);
}

/* It says what would be written, and writes nothing */
static void test_dry_run(void **state)
{
	char text[64];

	(void)state;
	assert_int_equal(run("bind -n 00:00.0 512M --save --config-dir /nowhere"),
			 0);
	assert_says("write 0x20000000 to");
	assert_says("write cxl-vfio-pci to");
	assert_says("sys/bus/pci/drivers_probe");
	assert_says("store /nowhere/0000:00:00.0.conf");
	assert_int_equal(access("/nowhere", F_OK), -1);
	mock_read("sys/devices/pci0000:00/0000:00:00.0/cxl_region/size", text,
		  sizeof(text));
	assert_string_equal(text, "0x0\n");
	assert_int_equal(run("bind -n --json 00:00.0 512M"), 0);
	json_object_put(parsed());
}

/* Every refusal names what limits, with its number, and what would work */
static void test_refusals(void **state)
{
	static const struct {
		const char *args;
		int rc;
		const char *limit, *why, *fix;
	} cases[] = {
		{ "set -n 00:00.0 2G", 1, "0000:00:00.0", "0x40000000",
		  "at most 1G" },
		{ "set -n 00:00.0 300M", 1,
		  "0000:00:00.0/cxl_region/size_align", "0x10000000",
		  "256M or 512M" },
		{ "set -n 01:00.0 512M", 1, "driver cxl_pci", "cxl_pci",
		  "release" },
		{ "set -n 02:00.0 max", 1, "0000:02:00.0", "does not say",
		  "give a number" },
		{ "set 00:00.0 1Q", 2, "the argument '1Q'", "suffix", "512M" },
		{ "show 77:00.0", 1, "0000:77:00.0", "nothing", "list" },
		{ "wait 00:00.0 done", 2, "the argument 'done'", "committed",
		  NULL },
		{ "frobnicate", 2, "the command line", NULL, "--help" },
		{ "set 00:00.0", 2, "the command line", NULL, "set --help" },
		{ "list --save", 2, "the command line", NULL, "list --help" },
		{ "apply", 2, "the command line", NULL, "--all" },
		{ "wait 00:00.0 failed --timeout 0", 1, "00:00.0", "idle",
		  "doctor" },
	};

	(void)state;
	mock_link("../../../bus/pci/drivers/cxl_pci",
		  "sys/devices/pci0000:01/0000:01:00.0/driver");
	mock_file("0x0\n", "sys/devices/pci0000:02/0000:02:00.0/cxl_region/size_max");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct json_object *document, *error;

		assert_int_equal(run("%s --json 2>/dev/null", cases[i].args),
				 cases[i].rc);
		document = parsed();
		error = member(document, "error");
		assert_non_null(text_of(error, "what"));
		assert_string_equal(text_of(error, "limit"), cases[i].limit);
		if (cases[i].why)
			assert_non_null(strstr(text_of(error, "why"),
					       cases[i].why));
		if (cases[i].fix)
			assert_non_null(strstr(text_of(error, "fix"),
					       cases[i].fix));
		json_object_put(document);
	}
}

/* 1G of 4G are taken, 1G into the window: 2G are left in one piece */
static void test_map(void **state)
{
	struct json_object *document, *windows, *window, *region;

	(void)state;
	mock_region(1, 1024, 1024, "0000:01:00.0");
	assert_int_equal(run("map"), 0);
	assert_says("decoder0.1  4G at 0x500000000, 3G free, 2G in one piece");
	assert_says("|.........................AAAAAAAAAAAAAAAAAAAAAAAAA.........");
	assert_int_equal(run("map --json"), 0);
	document = parsed();
	windows = member(document, "windows");
	assert_int_equal(json_object_array_length(windows), 2);
	window = json_object_array_get_idx(windows, 1);
	assert_int_equal(json_object_get_uint64(member(window, "largest_free")),
			 2ULL << 30);
	region = json_object_array_get_idx(member(window, "regions"), 0);
	assert_string_equal(text_of(region, "device"), "0000:01:00.0");
	json_object_put(document);
}

static void test_doctor(void **state)
{
	struct json_object *document;

	(void)state;
	assert_int_equal(run("doctor --json 2>/dev/null"), 1);
	document = parsed();
	assert_true(json_object_array_length(member(document, "checks")) > 30);
	json_object_put(document);
	assert_int_equal(run("doctor 02:00.0 2>/dev/null"), 1);
	assert_says("no fixed memory window has host bridge pci0000:02");
}

static int compare_addresses(struct json_object *devices)
{
	int wrong = 0;

	for (int i = 0; i < MANY; i++)
		wrong += strcmp(text_of(json_object_array_get_idx(devices, i),
					"address"), mock_address(i)) != 0;
	return wrong;
}

static long peak_kib(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return usage.ru_maxrss;
}

static void test_many(void **state)
{
	struct json_object *document, *devices;

	(void)state;
	/* a matter of size, which valgrind makes another one */
	if (getenv("UNDER_VALGRIND"))
		skip();
	assert_int_equal(run("list --json"), 0);
	document = parsed();
	devices = member(document, "devices");
	assert_int_equal(json_object_array_length(devices), MANY);
	assert_int_equal(compare_addresses(devices), 0);
	json_object_put(document);
	assert_int_equal(run("show serial:4096"), 0);
	assert_says("000f:ff:00.0");
	/* two of its children at once would be twice that */
	assert_true(peak_kib() < 32 << 10);
}

static void test_help(void **state)
{
	static const char *const verbs[] = {
		"", "list", "show", "set", "unset", "bind", "release", "apply",
		"watch", "wait", "map", "doctor", "check",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
		assert_int_equal(run("%s --help", verbs[i]), 0);
		assert_says("usage: cxl-presize");
		assert_says("--json");
	}
	assert_int_equal(run("--version"), 0);
	assert_says("cxl-presize ");
}

#define TEST(function)	cmocka_unit_test_setup_teardown(function, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty, begin_empty, end),
		TEST(test_list),
		TEST(test_select),
		TEST(test_set),
		TEST(test_dry_run),
		TEST(test_refusals),
		TEST(test_map),
		TEST(test_doctor),
		TEST(test_help),
		cmocka_unit_test_setup_teardown(test_many, begin_many, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
