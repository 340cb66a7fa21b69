/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HDM decoders as the hardware has them: read past every driver, through the
 * resourceN files of PCI functions and, for host bridges, through /dev/mem.
 * Every function that can fail returns a negative errno.
 */
#ifndef HDM_UTIL_H
#define HDM_UTIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* CXL 3.1 8.2.4.20.7, and DVSEC identities of 8.1.1 */
#define HDM_DEC_LOCK		(1u << 8)
#define HDM_DEC_COMMIT		(1u << 9)
#define HDM_DEC_COMMITTED	(1u << 10)
#define HDM_DEC_HOST_ONLY	(1u << 12)
#define DVSEC_CXL_DEVICE	0
#define DVSEC_CXL_LOCATOR	8

struct hdm_decoder {
	unsigned int id;
	uint32_t ctrl;
	uint64_t base, size;
};

/* A mapped block of component registers, and the decoders in it */
struct hdm_block {
	void *map;
	size_t len;
	volatile uint32_t *hdm;
};

/*
 * The block of a PCI function. Memory Space has to be on; -ENOENT where there
 * is none, or none with decoders.
 */
int hdm_map(const char *bdf, bool writable, struct hdm_block *block);
void hdm_unmap(struct hdm_block *block);

unsigned int hdm_count(const struct hdm_block *block);
void hdm_read(const struct hdm_block *block, unsigned int id,
	      struct hdm_decoder *dec);
volatile uint32_t *hdm_ctrl(const struct hdm_block *block, unsigned int id);

/* How many decoders of a function are committed, and the first of them */
int hdm_committed(const char *bdf, struct hdm_decoder *first);

/*
 * Memory Space of a function, and Mem_Enable in its CXL Device DVSEC, on or off;
 * both return what it was
 */
bool pci_memory_space(const char *bdf, bool on);
bool pci_mem_enable(const char *bdf, bool on);

/* Whether a function has memory: Mem_Capable in its CXL Device DVSEC */
bool pci_has_cxl_mem(const char *bdf);
/* Whether it caches memory of the host: Cache_Capable */
bool pci_has_cxl_cache(const char *bdf);

/* A line for every committed decoder of every function and host bridge */
int hdm_print(FILE *out);

#endif /* HDM_UTIL_H */
