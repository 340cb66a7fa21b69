// SPDX-License-Identifier: GPL-2.0-only
/*
 * A user who tries everything on a VFIO device: reads and writes of any
 * region, offset and length, ioctls with any argument, mappings of any range.
 * However it goes, the region is what the administrator asked for, its decoder
 * stays committed and locked, and the next user has a device that works.
 *
 * Where the kernel tells which code was reached, what reached more is tried
 * again with small changes.
 */
#include <errno.h>
#include <inttypes.h>
#include <linux/vfio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kselftest_harness.h"
#include "cxl_util.h"
#include "hard_util.h"
#include "kcov_util.h"

#define INDEX_SHIFT 40
#define CORPUS 256
/* After so many the device is looked at, closed and opened again */
#define ROUND 500

static char bdf[BDF_LEN];
static uint64_t seed;

enum kind { READ, WRITE, IOCTL, MAP, KINDS };

/* One thing to do; @data is what is written, or the argument of the ioctl */
struct act {
	uint32_t kind, command;
	uint64_t offset, len;
	uint32_t data[64];
};

static struct act corpus[CORPUS];
static unsigned int corpus_len;

static uint64_t dice(uint64_t sides)
{
	return hard_random(&seed) % sides;
}

/* Small, or near a power of two, or anything */
static uint64_t number(void)
{
	uint64_t value = hard_random(&seed);

	switch (dice(4)) {
	case 0:
		return value % 16;
	case 1:
		return (1ULL << value % 64) + (value >> 8) % 9 - 4;
	case 2:
		return value % 0x2000 & ~3ULL;
	default:
		return value >> dice(64);
	}
}

static uint64_t place(void)
{
	uint64_t index = dice(4) ? dice(12) : number();

	return index << INDEX_SHIFT | (number() & ((1ULL << INDEX_SHIFT) - 1));
}

static uint64_t length(void)
{
	static const uint64_t usual[] = { 1, 2, 4, 8, 3, 16, 0x1000 };

	return dice(4) ? usual[dice(7)] : number() & 0x1fffff;
}

static void invent(struct act *act)
{
	act->kind = dice(KINDS);
	act->command = VFIO_TYPE << 8 | (VFIO_BASE + dice(24));
	act->offset = place();
	act->len = length();
	for (size_t i = 0; i < 64; i++)
		act->data[i] = dice(3) ? number() : 0;
	/* argsz, flags, index: often something that is looked at further */
	if (dice(4))
		act->data[0] = 4 * dice(65);
	if (dice(4))
		act->data[1] = 1u << dice(20) | dice(16);
	if (dice(4))
		act->data[2] = dice(12);
}

static void change(struct act *act)
{
	uint32_t *word = (uint32_t *)act;

	*act = corpus[dice(corpus_len)];
	for (uint64_t n = 1 + dice(4); n; n--) {
		size_t i = dice(sizeof(*act) / sizeof(*word));

		word[i] = dice(2) ? word[i] ^ 1u << dice(32) : number();
	}
	act->kind %= KINDS;
	if (dice(2))
		act->command = VFIO_TYPE << 8 | (VFIO_BASE + dice(24));
}

/* An address that may be written to, whatever the kernel takes it for */
static uint8_t buffer[2 << 20];

static void do_map(const struct vfio_dev *dev, const struct act *act)
{
	static const int prots[] = {
		PROT_READ | PROT_WRITE, PROT_READ, PROT_WRITE, PROT_NONE,
		PROT_READ | PROT_WRITE | PROT_EXEC,
	};
	size_t len = act->len + 1;
	int prot = prots[act->data[0] % 5];
	uint8_t value, *map;

	map = mmap(NULL, len, prot,
		   act->data[1] & 1 ? MAP_PRIVATE : MAP_SHARED, dev->fd,
		   act->offset & ~4095ULL);
	if (map == MAP_FAILED)
		return;
	if (prot & PROT_READ)
		byte_load(map + act->data[2] % len, &value);
	/* that is memory: BARs have a device behind them */
	if (prot & PROT_WRITE && act->offset >> INDEX_SHIFT == 9)
		byte_store(map + act->data[2] % len, act->data[3]);
	munmap(map, len);
}

/*
 * The device registers of QEMU's cxl-type3: it ends with "code should not be
 * reached" when less than a dword is written to its mailbox
 */
#define MAILBOX_BAR 2

static void do_write(const struct vfio_dev *dev, const struct act *act,
		     size_t len)
{
	uint64_t offset = act->offset & INT64_MAX;

	if (offset >> INDEX_SHIFT == MAILBOX_BAR)
		return;
	memcpy(buffer, act->data, sizeof(act->data));
	pwrite(dev->fd, buffer, len, offset);
}

static void do_act(const struct vfio_dev *dev, const struct act *act)
{
	uint32_t argument[64];
	size_t len = act->len % sizeof(buffer);
	int ret;

	switch (act->kind) {
	case READ:
		pread(dev->fd, buffer, len, act->offset & INT64_MAX);
		break;
	case WRITE:
		do_write(dev, act, len);
		break;
	case IOCTL:
		memcpy(argument, act->data, sizeof(argument));
		ret = ioctl(dev->fd, act->command, argument);
		/* a dma-buf, perhaps; never one of our own */
		if (ret > 2 && ret != dev->fd && ret != dev->group &&
		    ret != dev->container)
			close(ret);
		break;
	case MAP:
		do_map(dev, act);
		break;
	}
}

static void keep(const struct act *act)
{
	corpus[corpus_len < CORPUS ? corpus_len++ : dice(CORPUS)] = *act;
}

/* What nobody may change, as the user sees it */
static bool decoder_is_fixed(const struct vfio_dev *dev)
{
	const uint32_t want = HDM_CTRL_LOCK | HDM_CTRL_COMMITTED;
	struct vfio_region_info *info;
	uint32_t ctrl = 0, high = ~0, low = 0;

	if (vfio_find_region(dev, CXL_REGION_TYPE,
			     VFIO_REGION_SUBTYPE_CXL_COMP_REGS, &info) != 1)
		return hard_wrong("no decoder registers");
	vfio_read32(dev, info, HDM_CTRL, &ctrl);
	vfio_read32(dev, info, HDM_SIZE_LOW, &low);
	vfio_read32(dev, info, HDM_SIZE_HIGH, &high);
	free(info);
	return ((ctrl & want) == want && !high && low == cxl_test_size()) ||
	       hard_wrong("decoder: control %#x, size %#x, %#x", ctrl, high,
			  low);
}

/* In a process of its own, which a wild write may cost its life */
static void play_round(void)
{
	struct vfio_dev dev;
	struct act act;

	if (vfio_open(&dev, bdf)) {
		hard_wrong("cannot be opened");
		_exit(1);
	}
	for (int i = 0; i < ROUND; i++) {
		if (corpus_len && dice(2))
			change(&act);
		else
			invent(&act);
		kcov_begin();
		do_act(&dev, &act);
		if (kcov_is_new())
			keep(&act);
	}
	if (!decoder_is_fixed(&dev))
		_exit(1);
	vfio_close(&dev);
}

static bool next_user_is_well(void)
{
	struct hard_memory memory;
	struct vfio_dev dev;
	bool ok;

	if (vfio_open(&dev, bdf))
		return hard_wrong("cannot be opened any more");
	ok = decoder_is_fixed(&dev) && hard_map(&dev, &memory) &&
	     memory.size == cxl_test_size() && hard_touch(&memory);
	hard_unmap(&memory);
	vfio_close(&dev);
	return ok && hard_is_whole(bdf);
}

FIXTURE(vfio) {
	struct snapshot before;
};

FIXTURE_SETUP(vfio)
{
	ASSERT_EQ(0, sysfs_write(CLEAR, "0"));
	ASSERT_EQ(0, cxl_reset_all());
	snapshot_take(&self->before);
	ASSERT_EQ(0, cxl_deliver(bdf, cxl_test_size()));
}

FIXTURE_TEARDOWN(vfio)
{
	EXPECT_EQ(0, cxl_reset_all());
	EXPECT_TRUE(snapshot_returns(&self->before));
	EXPECT_EQ(0, sysfs_write(CLEAR, "1"));
	snapshot_free(&self->before);
}

/* One player, for as long as its life lasts; then another takes over */
static void play(time_t end, unsigned int *rounds)
{
	if (kcov_start())
		printf("# this kernel does not tell what was reached\n");
	while (time(NULL) < end) {
		play_round();
		*rounds += 1;
	}
	printf("# %u places reached, %u acts kept\n", kcov_count(), corpus_len);
	fflush(stdout);
	_exit(0);
}

TEST_F_TIMEOUT(vfio, a_user_who_tries_everything, 1200)
{
	time_t end = time(NULL) + hard_length(60, 600);
	unsigned int *rounds, deaths = 0;
	int status;

	rounds = mmap(NULL, sizeof(*rounds), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	*rounds = 0;
	do {
		pid_t pid = fork();

		if (!pid)
			play(end, rounds);
		waitpid(pid, &status, 0);
		ASSERT_FALSE(WIFEXITED(status) && WEXITSTATUS(status));
		deaths += WIFSIGNALED(status);
		seed += deaths;
		ASSERT_TRUE(next_user_is_well());
	} while (time(NULL) < end);
	TH_LOG("%u acts, %u players died of them", *rounds * ROUND, deaths);
	EXPECT_LT(0, *rounds);
}

int main(int argc, char **argv)
{
	need_device(bdf);
	seed = hard_seed();
	return test_harness_run(argc, argv);
}
