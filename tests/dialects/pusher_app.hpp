#pragma once

#include "dialects/pusher/app.hpp"

namespace longwire::dialects {

/// An app as it is where nothing but its keys is set.
inline pusher::AppSettings pusher_app() {
    pusher::AppSettings app;
    app.id = "1";
    app.key = "k";
    app.secret = "s";
    return app;
}

}  // namespace longwire::dialects
