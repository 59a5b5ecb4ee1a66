# The page's frame, style and scripts as string literals of the program: src/render/page/ through page.cc.in.

set(page ${CMAKE_SOURCE_DIR}/src/render/page)
file(READ ${page}/page.html TRIAXIS_PAGE_FRAME)
file(READ ${page}/page.css TRIAXIS_PAGE_STYLE)
set(TRIAXIS_PAGE_SCRIPT "")
foreach(part model draw input)
  file(READ ${page}/${part}.js text)
  string(APPEND TRIAXIS_PAGE_SCRIPT "${text}\n")
endforeach()
configure_file(${page}/page.cc.in ${CMAKE_BINARY_DIR}/generated/page.cc @ONLY)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${page}/page.html ${page}/page.css ${page}/model.js
             ${page}/draw.js ${page}/input.js)
target_sources(triaxis_render PRIVATE ${CMAKE_BINARY_DIR}/generated/page.cc)
