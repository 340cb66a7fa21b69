/* SPDX-License-Identifier: GPL-2.0-only */
/* What this module does through the inside of the CXL core: see cxl_core.c */
#ifndef CXL_PRESIZE_CXL_CORE_H
#define CXL_PRESIZE_CXL_CORE_H

#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/gfp.h>
#include <linux/types.h>

struct cxl_dev_state;
struct cxl_memdev;
struct mutex;

/* Exported by the CXL core in namespace "CXL", declared in its own headers */
extern const struct bus_type cxl_bus_type;
bool is_cxl_memdev(const struct device *dev);
bool is_cxl_port(const struct device *dev);
bool is_cxl_region(struct device *dev);
bool is_endpoint_decoder(struct device *dev);
bool is_root_decoder(struct device *dev);
bool is_switch_decoder(struct device *dev);
struct cxl_memdev *devm_cxl_add_classdev(struct cxl_dev_state *cxlds);

/* sysfs_emit() wants a whole page, aligned */
DEFINE_FREE(presize_page, char *, if (_T) free_page((unsigned long)_T))
static inline char *presize_get_page(void)
{
	return (char *)__get_free_page(GFP_KERNEL);
}

int cxl_core_check_layout(void);

int cxl_core_show(struct device *dev, const char *name, char *buf);
int cxl_core_read_u64(struct device *dev, const char *name, u64 *value);
__printf(3, 4)
int cxl_core_write(struct device *dev, const char *name, const char *fmt, ...);

struct device *cxl_core_memdev_dev(struct cxl_memdev *cxlmd);
struct device *cxl_core_get_endpoint(struct cxl_memdev *cxlmd);
int cxl_core_claim_memdev(struct cxl_memdev *cxlmd);
void cxl_core_own_memdev(struct cxl_memdev *cxlmd, bool own);
struct mutex *cxl_core_regions_lock(struct device *root_decoder);
int cxl_core_set_coherence(struct device *region, struct device *decoder,
			   bool host_only);
int cxl_core_lock_region(struct device *region, bool lock);

#endif /* CXL_PRESIZE_CXL_CORE_H */
