/* SPDX-License-Identifier: GPL-2.0-only */
/* An emulated CXL accelerator: cxl-accel */
#ifndef CXL_ACCEL_H
#define CXL_ACCEL_H

#include "hw/cxl/cxl.h"
#include "qemu/queue.h"
#include "qemu/rcu.h"
#include "qemu/timer.h"

#define TYPE_CXL_ACCEL		"cxl-accel"
OBJECT_DECLARE_SIMPLE_TYPE(CXLAccel, CXL_ACCEL)

#define ACCEL_DECODERS_MAX	HDM_DECODE_MAX

/* For sizes that are the device's own unless somebody asks for others */
#define ACCEL_TRUE_SIZE		UINT64_MAX

/* For commit_ms: no end to it */
#define ACCEL_COMMIT_NEVER	(-1)

enum accel_reset {
	ACCEL_RESET_FUNCTION,
	ACCEL_RESET_BUS,
	ACCEL_RESET_CXL,
	ACCEL_RESETS
};

/* What a decoder decodes; dpa is where in the memory of the device it begins */
struct accel_decoder {
	hwaddr base;
	uint64_t size;
	uint64_t dpa;
	uint32_t ctrl;
};

struct accel_engine {
	MemoryRegion mr;
	QEMUBH *bh;
	uint64_t source;
	uint64_t target;
	uint64_t length;
	uint32_t flags;
	uint32_t status;
};

/*
 * A memory device by type, since QEMU finds nothing else behind a window; by
 * nature not: of its parent, the memory and the decoder registers are used.
 */
struct CXLAccel {
	CXLType3Dev parent_obj;

	/* properties, see docs/emulator.md */
	uint32_t class_code;
	uint8_t decoders;
	uint8_t ranges;
	uint8_t coherence;
	bool cache;
	bool cxl_reset;
	bool flr;
	bool doe;
	uint64_t cdat_size;
	uint64_t range_size;
	uint64_t bar_size;
	uint64_t block_offset;
	uint64_t firmware;
	bool commit_error;
	int32_t commit_ms;
	uint32_t active_ms;
	uint8_t active_timeout;

	MemoryRegion bar;
	MemoryRegion alias[ACCEL_DECODERS_MAX];
	bool mapped[ACCEL_DECODERS_MAX];
	QEMUTimer *commit_timer;
	int committing;
	int64_t active_at;
	bool firmware_played;
	uint32_t resets[ACCEL_RESETS];
	struct accel_engine engine;
	struct rcu_head rcu;

	QLIST_ENTRY(CXLAccel) node;
};

static inline MemoryRegion *accel_memory(CXLAccel *s)
{
	return host_memory_backend_get_memory(s->parent_obj.hostvmem);
}

/* accel.c */
void accel_cxl_reset(CXLAccel *s);

/* dvsec.c */
void accel_dvsec_init(CXLAccel *s);
void accel_dvsec_reset(CXLAccel *s);
void accel_dvsec_refresh(CXLAccel *s);
void accel_dvsec_written(CXLAccel *s, uint32_t addr, int len);
bool accel_dvsec_answers(CXLAccel *s);

/* hdm.c */
void accel_hdm_init(CXLAccel *s);
void accel_hdm_exit(CXLAccel *s);
void accel_hdm_reset(CXLAccel *s);
void accel_hdm_play_firmware(CXLAccel *s);
bool accel_hdm_enabled(CXLAccel *s);
int accel_hdm_find(CXLAccel *s, hwaddr hpa, struct accel_decoder *dec);

/* window.c */
CXLFixedWindow *accel_window_of(CXLAccel *s);
void accel_window_join(CXLAccel *s);
void accel_window_leave(CXLAccel *s);
void accel_window_unmap(CXLAccel *s);
uint64_t accel_window_mapped(CXLAccel *s);
void accel_window_faults(uint64_t *reads, uint64_t *writes, uint64_t *last);

/* engine.c */
void accel_engine_init(CXLAccel *s);
void accel_engine_exit(CXLAccel *s);
void accel_engine_reset(CXLAccel *s);

/* cdat.c */
bool accel_cdat_init(CXLAccel *s, Error **errp);
void accel_cdat_exit(CXLAccel *s);

#endif /* CXL_ACCEL_H */
