/* SPDX-License-Identifier: MIT */
#include "scrape/exposition.h"

#include "scrape/exposition_protobuf.h"
#include "scrape/exposition_text.h"

const char *exposition_content_type(enum exposition_format format)
{
	switch (format) {
	case EXPOSITION_TEXT:
		return "text/plain; version=0.0.4; charset=utf-8";
	case EXPOSITION_OPENMETRICS:
		return "application/openmetrics-text; version=1.0.0; charset=utf-8";
	case EXPOSITION_PROTOBUF:
		return "application/vnd.google.protobuf; "
		       "proto=io.prometheus.client.MetricFamily; encoding=delimited";
	}
	__builtin_unreachable();
}

int exposition_write(const struct exposition *exposition, struct buffer *buffer)
{
	return exposition->format == EXPOSITION_PROTOBUF
		       ? exposition_write_protobuf(exposition, buffer)
		       : exposition_write_text(exposition, buffer);
}
