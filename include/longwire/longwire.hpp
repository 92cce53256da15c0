#pragma once

/// The whole of Longwire: `Server`, `Hub`, `connect`, and what they speak in.

#include <longwire/access_record.hpp>
#include <longwire/client.hpp>
#include <longwire/close_code.hpp>
#include <longwire/compression.hpp>
#include <longwire/connect.hpp>
#include <longwire/connection_limits.hpp>
#include <longwire/deadline.hpp>
#include <longwire/error.hpp>
#include <longwire/header_field.hpp>
#include <longwire/http_answer.hpp>
#include <longwire/http_reply.hpp>
#include <longwire/log.hpp>
#include <longwire/message.hpp>
#include <longwire/message_part.hpp>
#include <longwire/prepared_message.hpp>
#include <longwire/ready_state.hpp>
#include <longwire/reconnect.hpp>
#include <longwire/request.hpp>
#include <longwire/response.hpp>
#include <longwire/result.hpp>
#include <longwire/run.hpp>
#include <longwire/server.hpp>
#include <longwire/slow_reader.hpp>
#include <longwire/task.hpp>
#include <longwire/tls.hpp>
#include <longwire/upgrade.hpp>
#include <longwire/websocket.hpp>

#ifndef LONGWIRE_WITHOUT_CHANNELS  // where the library was built with LONGWIRE_BUILD_CHANNELS=OFF
#include <longwire/hub.hpp>
#endif
