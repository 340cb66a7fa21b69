/* SPDX-License-Identifier: GPL-2.0-only */
/* A delivered region, and the steps to it */
#ifndef CXL_PRESIZE_DELIVER_H
#define CXL_PRESIZE_DELIVER_H

#include <linux/device.h>
#include <linux/mutex.h>
#include <linux/notifier.h>

#include <cxl/cxl.h>

#include "cxl_presize.h"
#include "presize.h"

/* An endpoint, and the ports of more switches than exist in one path */
#define PRESIZE_PATH_MAX 8

/**
 * struct presize_delivery - what is built for one binding of a driver
 * @cxlds: state of the memdev; first, as the CXL core wants it
 * @region: what the driver gets
 * @pd: the device
 * @request: bytes asked for
 * @control: CXL Control of its DVSEC, as it was found (CXL 3.1 8.1.3.2)
 * @hdm: HDM decoder capability of the device
 * @decoder: the committed decoder, for when a reset wipes it
 * @built: what the decoders decode is of our making
 * @cxlmd: memdev, with a reference, or NULL
 * @path: the endpoint and the ports above it, without the root, with references
 * @path_len: how many
 * @window: root decoder of the region, with a reference, or NULL
 * @region_dev: the CXL region, with a reference, or NULL
 * @nb: hears of the end of any of these
 * @lock: protects @gone, and the decoder's registers
 * @gone: the region no longer is what was delivered, and never will be
 * @client_lock: protects @ops and @client, held over a call of @ops
 * @ops: what the driver wants to be told
 * @client: of which object
 */
struct presize_delivery {
	struct cxl_dev_state cxlds;
	struct cxl_presize_region region;
	struct presize_device *pd;
	u64 request;
	u16 control;
	void __iomem *hdm;
	struct presize_decoder decoder;
	bool built;
	struct cxl_memdev *cxlmd;
	struct device *path[PRESIZE_PATH_MAX];
	unsigned int path_len;
	struct device *window;
	struct device *region_dev;
	struct notifier_block nb;
	struct mutex lock;
	bool gone;
	struct mutex client_lock;
	const struct cxl_presize_client_ops *ops;
	void *client;
};

static inline struct device *presize_endpoint(struct presize_delivery *d)
{
	return d->path[0];
}

/* topology.c: join the device to the CXL topology */
int presize_join(struct presize_delivery *d);

/* region.c: a region for it */
int presize_build_region(struct presize_delivery *d);
int presize_adopt_region(struct presize_delivery *d);
void presize_destroy_region(struct presize_delivery *d);
int presize_region_init(void);
void presize_region_exit(void);

/* watch.c: the end of it */
int presize_watch(struct presize_delivery *d);
void presize_unwatch(struct presize_delivery *d);

#endif /* CXL_PRESIZE_DELIVER_H */
