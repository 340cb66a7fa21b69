// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arbitrary bytes in the attribute size: what is one number, with one suffix
 * and one newline at most, is taken for what it is; all else is refused, and
 * changes nothing.
 */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hard_util.h"

#define LONGEST 64
/* 20 decimal digits, a sign, a suffix, two to spare */
#define LONGEST_NUMBER 24

static char bdf[BDF_LEN];
static uint64_t seed, capacity;

static uint64_t dice(uint64_t sides)
{
	return hard_random(&seed) % sides;
}

static int digit(int c, int base)
{
	int value = 99;

	if (isdigit(c))
		value = c - '0';
	else if (isxdigit(c))
		value = tolower(c) - 'a' + 10;
	return value < base ? value : -1;
}

/*
 * The rules of sysfs-abi, written once more. Like kstrtoull() and unlike
 * strtoull(): a + may come first, and 08 is wrong.
 */
static int expected(const char *text, size_t len, uint64_t *size)
{
	static const char suffixes[] = "KMGT";
	__uint128_t value = 0;
	int base = 10, shift = 0;
	const char *suffix;
	size_t i = 0;

	if (len && text[len - 1] == '\n')
		len--;
	if (len > LONGEST_NUMBER)
		return -EINVAL;
	suffix = len && text[len - 1] ?
		 strchr(suffixes, toupper((unsigned char)text[len - 1])) : NULL;
	if (suffix) {
		shift = 10 * (suffix - suffixes + 1);
		len--;
	}
	if (i < len && text[i] == '+')
		i++;
	if (i + 2 < len && text[i] == '0' && tolower(text[i + 1]) == 'x' &&
	    isxdigit((unsigned char)text[i + 2])) {
		base = 16;
		i += 2;
	} else if (i < len && text[i] == '0') {
		base = 8;
	}
	if (i >= len)
		return -EINVAL;
	for (; i < len; i++) {
		int d = digit((unsigned char)text[i], base);

		if (d < 0 || value >> 64)
			return -EINVAL;
		value = value * base + d;
	}
	value <<= shift;
	if (value >> 64 || (uint64_t)value % ALIGN)
		return -EINVAL;
	if (capacity && value > capacity)
		return -ENOSPC;
	*size = value;
	return 0;
}

/* A number, a bit wrong or not */
static size_t make(char *text)
{
	static const char *const formats[] = {
		"%" PRIu64, "%#" PRIx64, "0%" PRIo64, "+%" PRIu64,
		"-%" PRIu64, " %" PRIu64, "0X%" PRIX64, "%020" PRIu64,
	};
	static const char *const suffixes[] = {
		"", "", "K", "M", "G", "T", "m", "g", "MM", "MB", "P", " M",
	};
	static const char *const ends[] = { "", "\n", "\n\n", " ", "\r\n" };
	uint64_t value = dice(2) ? dice(5) * ALIGN : hard_random(&seed) >> dice(64);
	const char *suffix = suffixes[dice(12)];

	if (!strcasecmp(suffix, "m") && dice(2))
		value = dice(6) * 256;
	return snprintf(text, LONGEST, formats[dice(8)], value) +
	       snprintf(text + strlen(text), LONGEST - strlen(text), "%s%s",
			suffix, ends[dice(5)]);
}

static size_t generate(char *text)
{
	size_t len = dice(4) ? make(text) : dice(LONGEST);

	if (len > LONGEST)
		len = LONGEST;
	if (dice(4))
		return len;
	for (uint64_t n = 1 + dice(len + 1); n && len; n--)
		text[dice(len)] = dice(2) ? hard_random(&seed) :
				  "0123456789xXKMGT+-\n "[dice(20)];
	return len;
}

static void print(const char *text, size_t len)
{
	fputs("# written:", stderr);
	for (size_t i = 0; i < len; i++)
		fprintf(stderr, " %02x", (unsigned char)text[i]);
	fputc('\n', stderr);
}

static int write_text(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

FIXTURE(size) {
};

FIXTURE_SETUP(size)
{
	ASSERT_EQ(0, pci_write(bdf, "cxl_region/size", "0"));
}

FIXTURE_TEARDOWN(size)
{
	EXPECT_EQ(0, pci_write(bdf, "cxl_region/size", "0"));
}

TEST_F_TIMEOUT(size, any_bytes, 700)
{
	time_t end = time(NULL) + hard_length(20, 600);
	uint64_t want = 0, size, taken = 0, all = 0;
	char text[LONGEST] = "", path[PATH_MAX];
	size_t len;
	int ret;

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/cxl_region/size",
		 bdf);
	for (; time(NULL) < end; all++) {
		uint64_t next = want;

		len = generate(text);
		/* writing nothing at all does not reach the attribute */
		ret = len ? expected(text, len, &next) : 0;
		ASSERT_EQ(ret, write_text(path, text, len)) {
			print(text, len);
		}
		taken += !ret;
		want = next;
		ASSERT_EQ(0, pci_read_u64(bdf, "cxl_region/size", &size));
		ASSERT_EQ(want, size) {
			print(text, len);
		}
	}
	TH_LOG("%" PRIu64 " texts, %" PRIu64 " taken", all, taken);
	EXPECT_LT(0, taken);
}

int main(int argc, char **argv)
{
	need_device(bdf);
	if (cxl_reset_all())
		ksft_exit_fail_msg("a device is in use\n");
	if (pci_read_u64(bdf, "cxl_region/size_max", &capacity))
		ksft_exit_fail_msg("%s does not tell its capacity\n", bdf);
	seed = hard_seed();
	return test_harness_run(argc, argv);
}
