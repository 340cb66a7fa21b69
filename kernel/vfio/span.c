// SPDX-License-Identifier: GPL-2.0-only
/* Spans of bytes, and what is left around them */
#include <linux/align.h>
#include <linux/minmax.h>

#include "span.h"

/**
 * cxl_vfio_span_pages - the pages that a span of bytes is in
 * @span: the span, not empty
 * @page: size of a page
 *
 * Return: the span that they are.
 */
struct cxl_vfio_span cxl_vfio_span_pages(struct cxl_vfio_span span, u64 page)
{
	return (struct cxl_vfio_span) {
		.start = ALIGN_DOWN(span.start, page),
		.end = ALIGN(span.end, page),
	};
}

/**
 * cxl_vfio_span_around - what a hole leaves
 * @len: length of what the hole is in, from 0 on
 * @hole: the hole; may reach beyond @len
 * @areas: result, in ascending order, none of them empty
 *
 * Return: how many there are.
 */
unsigned int cxl_vfio_span_around(u64 len, struct cxl_vfio_span hole,
				  struct cxl_vfio_span areas[2])
{
	unsigned int nr = 0;

	if (hole.start)
		areas[nr++] = (struct cxl_vfio_span) {
			.end = min(hole.start, len),
		};
	if (hole.end < len)
		areas[nr++] = (struct cxl_vfio_span) {
			.start = hole.end,
			.end = len,
		};
	return nr;
}

/**
 * cxl_vfio_span_piece - cut an access where it enters or leaves a span
 * @span: the span
 * @pos: where the access starts
 * @count: length of the access
 * @inside: result: is the first piece of the access in the span?
 *
 * Return: length of that piece.
 */
size_t cxl_vfio_span_piece(struct cxl_vfio_span span, u64 pos, size_t count,
			   bool *inside)
{
	*inside = pos >= span.start && pos < span.end;
	if (*inside)
		return min(count, span.end - pos);
	if (pos < span.start)
		return min(count, span.start - pos);
	return count;
}
