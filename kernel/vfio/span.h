/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What can be computed without a device: around which bytes of a BAR or of a
 * capability a user has to be led. Also builds as an ordinary program, for the
 * unit tests.
 */
#ifndef CXL_VFIO_SPAN_H
#define CXL_VFIO_SPAN_H

#include <linux/types.h>

/**
 * struct cxl_vfio_span - bytes from @start up to, not including, @end
 * @start: the first byte
 * @end: the byte behind the last one; @start where the span is empty
 */
struct cxl_vfio_span {
	u64 start;
	u64 end;
};

static inline bool cxl_vfio_overlap(struct cxl_vfio_span a,
				    struct cxl_vfio_span b)
{
	return a.start < b.end && b.start < a.end;
}

struct cxl_vfio_span cxl_vfio_span_pages(struct cxl_vfio_span span, u64 page);
unsigned int cxl_vfio_span_around(u64 len, struct cxl_vfio_span hole,
				  struct cxl_vfio_span areas[2]);
size_t cxl_vfio_span_piece(struct cxl_vfio_span span, u64 pos, size_t count,
			   bool *inside);

#endif /* CXL_VFIO_SPAN_H */
