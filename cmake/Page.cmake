# The pages' frames, styles and scripts as string literals of the program: src/render/page/ through page.cc.in.

# triaxis_page_part(VARIABLE FILE...): the texts of the files, one after the other.
function(triaxis_page_part variable)
  set(all "")
  foreach(file ${ARGN})
    set(path ${CMAKE_SOURCE_DIR}/src/render/page/${file})
    file(READ ${path} text)
    string(APPEND all "${text}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${path})
  endforeach()
  set(${variable} "${all}" PARENT_SCOPE)
endfunction()

triaxis_page_part(TRIAXIS_SCHEDULE_FRAME schedule.html)
triaxis_page_part(TRIAXIS_SCHEDULE_STYLE page.css)
triaxis_page_part(TRIAXIS_SCHEDULE_SCRIPT model.js draw.js input.js schedule.js)
triaxis_page_part(TRIAXIS_EXPLORER_FRAME explorer.html)
triaxis_page_part(TRIAXIS_EXPLORER_STYLE page.css explorer.css)
triaxis_page_part(TRIAXIS_EXPLORER_SCRIPT model.js draw.js input.js period.js timer.js tables.js scatter.js explorer.js)
configure_file(${CMAKE_SOURCE_DIR}/src/render/page/page.cc.in ${CMAKE_BINARY_DIR}/generated/page.cc @ONLY)
target_sources(triaxis_render PRIVATE ${CMAKE_BINARY_DIR}/generated/page.cc)
