// SPDX-License-Identifier: GPL-2.0-only
/* Configuration files: what is taken, which line a mistake is in, which wins */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf.h"
#include "unit.h"

#define GOOD	"[a]\nmatch = 0000:21:00.0\n"

/* @line: of the first problem, 0 where there is none */
static const struct conf_case {
	const char *name;
	const char *text;
	size_t sections;
	unsigned int line;
} cases[] = {
	{ "nothing", "", 0, 0 },
	{ "comments", "# a\n; b\n\n   \t\n", 0, 0 },
	{ "a section", GOOD "size = 512M\n", 1, 0 },
	{ "no newline at the end", GOOD "size = 512M", 1, 0 },
	{ "carriage returns", "[a]\r\nmatch = 21:00.0\r\nsize = 1G\r\n", 1, 0 },
	{ "no blanks", "[a]\nmatch=21:00.0\nsize=1G\n", 1, 0 },
	{ "many blanks", " [ a ]\n\tmatch  =\t21:00.0\t\n  size =  1G\n", 1, 0 },
	{ "all keys", GOOD "size = 50%\ndriver = vfio-pci\nclear = no\n", 1, 0 },
	{ "two sections", GOOD "size = 1G\n[b]\nmatch = 1e98:0d93\nsize = max\n",
	  2, 0 },

	{ "no section", "size = 1G\n", 0, 1 },
	{ "no bracket", "[a\nmatch = 21:00.0\nsize = 1G\n", 1, 1 },
	{ "no match", "[a]\nsize = 1G\n", 1, 1 },
	{ "nothing to do", GOOD, 1, 1 },
	{ "no equals sign", GOOD "size 1G\n", 1, 3 },
	{ "unknown key", GOOD "size = 1G\nsiez = 1G\n", 1, 4 },
	{ "bad size", GOOD "size = 1 G\n", 1, 3 },
	{ "comment behind a value", GOOD "size = 1G # all\n", 1, 3 },
	{ "two sizes", GOOD "size = 1G\nsize = 2G\n", 1, 4 },
	{ "two matches", GOOD "match = 22:00.0\nsize = 1G\n", 1, 3 },
	{ "bad match", "[a]\nmatch = 0000:21:00.9\nsize = 1G\n", 1, 2 },
	{ "memdev", "[a]\nmatch = mem0\nsize = 1G\n", 1, 2 },
	{ "bad driver", GOOD "driver = ../x\n", 1, 3 },
	{ "bad clear", GOOD "clear = maybe\n", 1, 3 },
	{ "mistake in the second", GOOD "size = 1G\n[b]\nsize = 1G\n", 2, 4 },
};

static void test_case(void **state)
{
	const struct conf_case *c = *state;
	size_t len = strlen(c->text);
	char *text = exact_copy(c->text, len);
	struct conf conf = { };

	conf_parse(&conf, "file", text, len);
	free(text);
	assert_int_equal(conf.nr_sections, c->sections);
	assert_int_equal(conf.nr_problems, c->line ? 1 : 0);
	if (c->line) {
		assert_int_equal(conf.problem[0].line, c->line);
		assert_string_equal(conf.problem[0].file, "file");
	}
	if (c->line && c->sections)
		assert_true(conf.section[c->sections - 1].broken);
	conf_free(&conf);
}

static void test_values(void **state)
{
	static const char text[] = GOOD "size = 50%\nclear = no\n"
		"[b]\nmatch = serial:0x2\nsize = 1G\ndriver = none\nclear = yes\n";
	struct conf conf = { };

	(void)state;
	conf_parse(&conf, "file", text, strlen(text));
	assert_int_equal(conf.nr_sections, 2);
	assert_string_equal(conf.section[0].name, "a");
	assert_int_equal(conf.section[0].line, 1);
	assert_int_equal(conf.section[1].line, 5);
	assert_int_equal(conf.section[0].size.kind, AMOUNT_PERCENT);
	assert_string_equal(conf_driver(&conf.section[0]), "cxl-vfio-pci");
	assert_null(conf_driver(&conf.section[1]));
	assert_int_equal(conf_clear(&conf), -2);
	conf.section[0].has_clear = false;
	assert_int_equal(conf_clear(&conf), 1);
	conf.section[1].has_clear = false;
	assert_int_equal(conf_clear(&conf), -1);
	conf_free(&conf);
}

struct folders {
	char etc[64], usr[64];
	struct conf_path path;
};

static void put(const char *dir, const char *name, const char *text)
{
	char path[128];
	FILE *to;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	to = fopen(path, "w");
	assert_non_null(to);
	fputs(text, to);
	fclose(to);
}

static void make_folders(struct folders *f)
{
	strcpy(f->etc, "/tmp/presize-etc-XXXXXX");
	strcpy(f->usr, "/tmp/presize-usr-XXXXXX");
	assert_non_null(mkdtemp(f->etc));
	assert_non_null(mkdtemp(f->usr));
	f->path = (struct conf_path) { { f->etc, f->usr }, 2 };
}

/* By name over both folders; a name in the first hides it in the second */
static void test_order(void **state)
{
	struct folders f;
	struct conf conf;

	(void)state;
	make_folders(&f);
	put(f.usr, "10-a.conf", "[usr-a]\nmatch = 01:00.0\nsize = 1G\n");
	put(f.usr, "30-c.conf", "[usr-c]\nmatch = 01:00.0\nsize = 1G\n");
	put(f.usr, "40-d.conf", "[usr-d]\nmatch = 01:00.0\nsize = 1G\n");
	put(f.etc, "10-a.conf", "");
	put(f.etc, "20-b.conf", "[etc-b]\nmatch = 01:00.0\nsize = 1G\n");
	put(f.etc, "40-d.conf", "[etc-d]\nmatch = 01:00.0\nsize = 1G\n");
	put(f.etc, "00-not", "[not]\n");
	put(f.etc, ".hidden.conf", "[not]\n");
	conf_load(&conf, &f.path);
	assert_int_equal(conf.nr_problems, 0);
	assert_int_equal(conf.nr_files, 4);
	assert_int_equal(conf.nr_sections, 3);
	assert_string_equal(conf.section[0].name, "etc-b");
	assert_string_equal(conf.section[1].name, "usr-c");
	assert_string_equal(conf.section[2].name, "etc-d");
	conf_free(&conf);
}

static void test_no_folders(void **state)
{
	struct conf_path path = { { "/nonexistent/a", "/nonexistent/b" }, 2 };
	struct conf conf;

	(void)state;
	conf_load(&conf, &path);
	assert_int_equal(conf.nr_sections, 0);
	assert_int_equal(conf.nr_problems, 0);
	conf_free(&conf);
}

static struct conf_section a_section(const char *size)
{
	struct conf_section section = { .has_size = true };

	assert_int_equal(amount_parse(size, &section.size), 0);
	return section;
}

/* What is stored is read back, replaces what was there, and nothing else */
static void test_save(void **state)
{
	const struct actions actions = { };
	struct conf_section section = a_section("50%");
	struct error err;
	struct folders f;
	struct stat st;
	char path[128];
	struct conf conf;

	(void)state;
	make_folders(&f);
	put(f.etc, "50-other.conf", "[o]\nmatch = 01:00.0\nsize = 1G\n");
	put(f.etc, "0000:01:00.0.conf", "garbage\n");
	assert_int_equal(conf_save(&actions, &f.path, "0000:01:00.0", &section,
				   &err), 0);
	assert_true(conf_saved(&f.path, "0000:01:00.0", &conf));
	assert_string_equal(conf.section[0].size.text, "50%");
	assert_string_equal(conf.section[0].match.text, "0000:01:00.0");
	conf_free(&conf);
	conf_load(&conf, &f.path);
	assert_int_equal(conf.nr_files, 2);
	assert_int_equal(conf.nr_problems, 0);
	assert_string_equal(conf.section[0].name, "0000:01:00.0");
	conf_free(&conf);
	snprintf(path, sizeof(path), "%s/0000:01:00.0.conf", f.etc);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);

	assert_int_equal(conf_unsave(&actions, &f.path, "0000:01:00.0", &err),
			 0);
	assert_int_not_equal(access(path, F_OK), 0);
	assert_false(conf_saved(&f.path, "0000:01:00.0", &conf));
	conf_free(&conf);
}

static void test_dry_save(void **state)
{
	const struct actions actions = { .dry_run = true };
	struct conf_section section = a_section("1G");
	struct folders f;
	struct error err;
	struct conf conf;

	(void)state;
	make_folders(&f);
	assert_int_equal(conf_save(&actions, &f.path, "0000:01:00.0", &section,
				   &err), 0);
	assert_false(conf_saved(&f.path, "0000:01:00.0", &conf));
	conf_free(&conf);
}

/* A folder that cannot be made; the name of the file is in the error */
static void test_save_fails(void **state)
{
	struct conf_path path = { { "/proc/nothing" }, 1 };
	const struct actions actions = { };
	struct conf_section section = a_section("1G");
	struct error err = { };

	(void)state;
	assert_int_equal(conf_save(&actions, &path, "0000:01:00.0", &section,
				   &err), -1);
	assert_string_equal(err.limit, "/proc/nothing/0000:01:00.0.conf");
	assert_true(err.what[0] && err.why[0] && err.fix[0]);
}

int main(void)
{
	const struct CMUnitTest more[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_no_folders),
		cmocka_unit_test(test_save),
		cmocka_unit_test(test_dry_save),
		cmocka_unit_test(test_save_fails),
	};

	return RUN_CASES(cases, test_case, more);
}
