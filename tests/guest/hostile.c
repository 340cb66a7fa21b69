// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: hostile BDF ROUNDS
 *
 * A guest that means harm, or is broken, does to its CXL device all that root in
 * a guest can: every byte of configuration space and of decoders is set to
 * ones, zeros and chance, and every dword of the component registers, other ranges
 * are committed, and the device is reset in between. What the host makes of that,
 * the host has to look at. The device has no driver here.
 */
#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hdm_util.h"
#include "sysfs_util.h"

#define CONFIG_SIZE	4096
/* CXL 3.1 8.2.4.20.3 and on, in dwords from the start of the capability */
#define HDM_GLOBAL	1
#define HDM_DECODER(n)	(4 + 8 * (n))
#define DECODER_CTRL	4
#define DECODERS	10
/* As many as a capability can have */
#define HDM_BYTES	(4 * HDM_DECODER(32))

static const char *bdf;
static int config;
static uint8_t saved[CONFIG_SIZE];

static uint32_t value_of(unsigned int round)
{
	static const uint32_t values[] = { ~0u, 0 };

	return round % 3 < 2 ? values[round % 3] : (uint32_t)random() * 2654435761u;
}

/* A byte that cannot be written is as good as one that is absorbed */
static void write_config(const void *from, size_t len, off_t at)
{
	ssize_t done = pwrite(config, from, len, at);

	(void)done;
}

static void spoil_config(unsigned int round, size_t step)
{
	for (off_t at = 0; at < CONFIG_SIZE; at += step) {
		uint32_t value = value_of(round);

		write_config(&value, step, at);
	}
}

/* The BARs first, and Memory Space last of what makes them answer */
static void repair_config(void)
{
	for (off_t at = 0; at < CONFIG_SIZE; at += 4)
		write_config(saved + at, 4, at);
	write_config(saved + 4, 2, 4);
}

static void spoil_registers(struct hdm_block *block, unsigned int round)
{
	volatile uint8_t *bytes = (volatile uint8_t *)block->hdm;
	volatile uint32_t *words = block->map;

	for (size_t i = 0; i < HDM_BYTES; i++)
		bytes[i] = value_of(round);
	for (size_t i = 0; i < block->len / 4; i++)
		words[i] = value_of(round);
}

/* The start of main memory, which a decoder must never get */
static void commit_others(struct hdm_block *block)
{
	block->hdm[HDM_GLOBAL] = 2;
	for (unsigned int n = 0; n < DECODERS; n++) {
		volatile uint32_t *decoder = block->hdm + HDM_DECODER(n);

		if ((char *)(decoder + 8) > (char *)block->map + block->len)
			break;
		decoder[DECODER_CTRL] = 0;
		decoder[0] = 0;
		decoder[1] = 0;
		decoder[2] = 0x10000000;
		decoder[3] = 0;
		decoder[DECODER_CTRL] = HDM_DEC_COMMIT | HDM_DEC_LOCK;
	}
}

static void reset(void)
{
	char path[128];
	int ret;

	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/reset", bdf);
	ret = sysfs_write(path, "1");
	if (ret)
		warnx("reset: %s", strerror(-ret));
}

static void one_round(unsigned int round)
{
	struct hdm_block block;
	int ret;

	spoil_config(round, 1);
	spoil_config(round, 4);
	repair_config();
	ret = hdm_map(bdf, true, &block);
	if (ret)
		errx(1, "%s: no decoder after round %u: %s", bdf, round,
		     strerror(-ret));
	spoil_registers(&block, round);
	commit_others(&block);
	hdm_unmap(&block);
	reset();
}

static void look(void)
{
	struct hdm_decoder first;
	int n = hdm_committed(bdf, &first);

	if (n != 1)
		errx(1, "%d decoders are committed", n);
	printf("decoder %#llx %#llx %#x\n", (unsigned long long)first.base,
	       (unsigned long long)first.size, first.ctrl);
}

int main(int argc, char **argv)
{
	char path[128];

	if (argc != 3)
		errx(2, "usage: hostile BDF ROUNDS");
	bdf = argv[1];
	snprintf(path, sizeof(path), SYSFS_PCI "/devices/%s/config", bdf);
	pci_memory_space(bdf, true);
	config = open(path, O_RDWR);
	if (config < 0 || pread(config, saved, CONFIG_SIZE, 0) != CONFIG_SIZE)
		err(1, "%s", path);
	look();
	for (int round = 0; round < atoi(argv[2]); round++)
		one_round(round);
	look();
	return 0;
}
