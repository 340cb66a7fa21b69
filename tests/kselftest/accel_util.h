/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The emulated accelerator (docs/emulator.md): its engine, and what it tells
 * of what happened to it. Read past every driver, through resource2.
 */
#ifndef ACCEL_UTIL_H
#define ACCEL_UTIL_H

#include <stdbool.h>
#include <stdint.h>

#define ACCEL_BAR		2
#define ACCEL_MAGIC		0x4c45434341584c43ull
#define ACCEL_ID		0x00
#define ACCEL_COMMAND		0x08
#define  ACCEL_COPY		1
#define ACCEL_STATUS		0x10
#define  ACCEL_BUSY		1
#define  ACCEL_DONE		2
#define  ACCEL_ERROR		4
#define ACCEL_SOURCE		0x18
#define ACCEL_TARGET		0x20
#define ACCEL_LENGTH		0x28
#define ACCEL_FLAGS		0x30
#define  ACCEL_SOURCE_BUS	1
#define  ACCEL_TARGET_BUS	2
#define  ACCEL_INTERRUPT	4
#define ACCEL_FAULT_READS	0x40
#define ACCEL_FAULT_WRITES	0x48
#define ACCEL_FAULT_LAST	0x50
#define ACCEL_MAPPED		0x58
#define ACCEL_RESETS_FUNCTION	0x60
#define ACCEL_RESETS_BUS	0x68
#define ACCEL_RESETS_CXL	0x70

bool is_accel(const char *bdf);

/* A register of the BAR; all ones where there is none */
uint64_t accel_read(const char *bdf, unsigned int reg);

/* Accesses that reached no memory, of the whole host since it was started */
uint64_t accel_faults(const char *bdf);

/* The n-th device with CXL memory, from 0: in the order of the topology file */
const char *accel_bdf(unsigned int n);

#endif /* ACCEL_UTIL_H */
