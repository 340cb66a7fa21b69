/* SPDX-License-Identifier: GPL-2.0-only */
/* DEV: how people, and configuration files, say which device they mean */
#ifndef TOOLS_SELECTOR_H
#define TOOLS_SELECTOR_H

#include <stdbool.h>
#include <stdint.h>

#include "device.h"
#include "error.h"

struct selector {
	enum {
		SELECT_ADDRESS,	/* 0000:21:00.0, 21:00.0 */
		SELECT_SERIAL,	/* serial:0x1 */
		SELECT_IDS,	/* 8086:0d93, 8086:0d93:1af4:1100 */
		SELECT_PATH,	/* path:pci0000:20/ and so on, a glob */
		SELECT_MEMDEV,	/* mem0 */
		SELECT_SLOT,	/* what is in /sys/bus/pci/slots */
	} kind;
	char text[256];		/* as given, an address in full */
	uint64_t serial;
	struct device_ids ids;
	bool subsystem;
};

/* 0, or -EINVAL where @text can be none of them */
int selector_parse(const char *text, struct selector *sel);

/* A memdev and a slot may be another device's after the next boot */
bool selector_lasts(const struct selector *sel);

bool selector_matches(const struct selector *sel, struct device *dev);

/*
 * The one device that @text means; -ENODEV where there is none, -EEXIST where
 * there are several, -EINVAL where it can be none
 */
int selector_find(struct host *host, const char *text, struct device *dev,
		  struct error *err);

#endif /* TOOLS_SELECTOR_H */
