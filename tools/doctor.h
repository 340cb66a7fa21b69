/* SPDX-License-Identifier: GPL-2.0-only */
/* The preconditions of a delivery, each with what to do where it fails */
#ifndef TOOLS_DOCTOR_H
#define TOOLS_DOCTOR_H

#include "config_space.h"
#include "device.h"
#include "window.h"

enum verdict {
	PASS,
	FAIL,
	UNKNOWN,
};

/* What the checks look at; @dev is NULL for those of the host */
struct patient {
	struct device *dev;
	struct windows windows;
	uint8_t config[CONFIG_SPACE];
	int config_len;
	size_t dvsec;
	uint16_t capability;
	char bridge[32];
	char state[32];
	char sentence[512];
	char driver[64];
	uint64_t size, size_max, available;
};

/* @detail: what was seen; @fix: what to do, empty where nothing is known */
struct finding {
	enum verdict verdict;
	char detail[512];
	char fix[320];
};

struct check {
	const char *name;
	void (*look)(struct patient *patient, struct finding *finding);
};

/* Both end with an entry without a name */
extern const struct check host_checks[];
extern const struct check device_checks[];

__attribute__((format(printf, 3, 4)))
void found(struct finding *finding, enum verdict verdict, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
void advise(struct finding *finding, const char *fmt, ...);

#endif /* TOOLS_DOCTOR_H */
